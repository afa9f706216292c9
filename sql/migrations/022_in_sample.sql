-- A day that the model had learned from proves nothing: its score is kept and marked, and its drift is not judged.
ALTER TABLE dayahead.champion_references ADD COLUMN trained_until timestamptz;
ALTER TABLE dayahead.scores ADD COLUMN in_sample boolean NOT NULL DEFAULT false;

COMMENT ON COLUMN dayahead.champion_references.trained_until IS 'Cutoff of its training; NULL where nobody noted it yet.';
COMMENT ON COLUMN dayahead.scores.in_sample IS
'Whether the version had learned from readings after the forecast''s cutoff, as in a backfill: such a score is in no mean and in no line.';
