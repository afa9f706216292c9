-- Whether anybody but the gate, and silence, has decided about a version.
SELECT EXISTS (
    SELECT FROM dayahead.promotions AS p
    WHERE p.version = :version AND NOT (p.decision = 'rejected' AND p.decided_by IN ('gate', 'timeout'))
);
