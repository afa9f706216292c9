-- Asked for once in a cool-down, and only by the newest day: a backfill of the past asks for nothing.
INSERT INTO dayahead.retrainings (target_day, site_group, model_version, reason, figures)
SELECT :target_day, :site_group, :version, :reason, CAST(:figures AS jsonb)
WHERE
    NOT EXISTS (
        SELECT FROM dayahead.retrainings AS r WHERE r.site_group = :site_group AND r.requested_at > now() - CAST(:cooldown AS interval)
    )
    AND NOT EXISTS (SELECT FROM dayahead.forecasts AS f WHERE f.role = 'champion' AND f.target_day > CAST(:target_day AS date) + 1)
ON CONFLICT (target_day, site_group) DO NOTHING;
