-- A site by its name, by labels that it has, or any site where neither is asked for. Values are compared as text, as people write them.
CREATE OR REPLACE FUNCTION dayahead.is_meant(wanted_site text, wanted_labels jsonb, site text, country text, labels jsonb)
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN wanted_site IS NOT NULL THEN wanted_site = site
        WHEN wanted_labels IS NULL THEN true
        ELSE NOT EXISTS (
            SELECT FROM jsonb_each_text(wanted_labels) AS w (key, value)
            WHERE (jsonb_strip_nulls(jsonb_build_object('country', country)) || labels) ->> w.key IS DISTINCT FROM w.value
        )
    END
$$;

COMMENT ON FUNCTION dayahead.is_meant(text, jsonb, text, text, jsonb) IS 'Whether an event of a site, of labels or of the fleet is one of this site.';
