INSERT INTO dayahead.promotions (site_group, version, previous, decision, decided_by, reason, figures, settled_at)
SELECT :site_group, :version, :previous, :decision, :decided_by, :reason, CAST(:figures AS jsonb), CASE WHEN :settled THEN now() END
WHERE NOT EXISTS (
    SELECT FROM (
        SELECT p.version, p.decision, p.decided_by FROM dayahead.promotions AS p WHERE p.site_group = :site_group ORDER BY p.id DESC LIMIT 1
    ) AS latest
    WHERE latest.version = :version AND latest.decision = :decision AND latest.decided_by = :decided_by
)
RETURNING id;
