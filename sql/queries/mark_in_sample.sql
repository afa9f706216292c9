-- Scores whose version had learned from readings after the forecast's cutoff, and those that are marked so and should not be.
UPDATE dayahead.scores AS s SET in_sample = NOT s.in_sample
WHERE
    s.target_day >= :since
    AND s.in_sample <> EXISTS (
        SELECT FROM dayahead.champion_references AS r WHERE r.model_version = s.model_version AND r.trained_until > s.cutoff
    );
