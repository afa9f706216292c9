CREATE TABLE dayahead.promotions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    decided_at timestamptz NOT NULL DEFAULT now(),
    version text NOT NULL,
    previous text,
    decision text NOT NULL CHECK (decision IN ('promoted', 'rejected', 'rolled_back')),
    decided_by text NOT NULL,
    reason text NOT NULL,
    figures jsonb NOT NULL DEFAULT '{}'::jsonb
);

CREATE INDEX promotions_by_time ON dayahead.promotions (decided_at);

COMMENT ON TABLE dayahead.promotions IS
'One row per decision about a model version; append-only. A rerun that decides the same about the same version adds none.';
COMMENT ON COLUMN dayahead.promotions.previous IS 'Champion before the decision; NULL where there was none.';
COMMENT ON COLUMN dayahead.promotions.decision IS
'promoted and rolled_back make the version champion from decided_at on; rejected leaves the champion as it was.';
