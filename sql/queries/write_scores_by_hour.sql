INSERT INTO dayahead.scores_by_hour AS old (target_day, role, site, steps, actual, absolute, signed, inside80)
VALUES %s
ON CONFLICT (target_day, role, site) DO UPDATE SET
    steps = excluded.steps, actual = excluded.actual, absolute = excluded.absolute, signed = excluded.signed, inside80 = excluded.inside80;
