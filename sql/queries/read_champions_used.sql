-- The versions that forecast the latest day up to this one: who is watched; of two of one model the later comes last.
SELECT DISTINCT f.model_version, length(f.model_version) AS digits
FROM dayahead.forecasts AS f
WHERE
    f.role = 'champion' AND f.degradation = 'none'
    AND f.target_day = (
        SELECT max(d.target_day) FROM dayahead.forecasts AS d
        WHERE d.role = 'champion' AND d.degradation = 'none' AND d.target_day <= :target_day AND d.target_day > CAST(:target_day AS date) - 35
    )
ORDER BY digits, f.model_version;
