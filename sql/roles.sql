-- Least privilege, run by every migration: what is missing is granted, a second run changes nothing.
-- A login of yours joins with GRANT dayahead_viewer TO name. The steps connect as one login and SET ROLE to what they need.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['dayahead_reader', 'dayahead_writer', 'dayahead_viewer'] LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL; -- another database of this server was quicker: roles are shared between them
            END;
        END IF;
        BEGIN
            EXECUTE format('GRANT %I TO CURRENT_USER', wanted);
        EXCEPTION WHEN insufficient_privilege THEN
            NULL; -- an administrator made the role, and may have granted it already
        END;
    END LOOP;
    BEGIN
        EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO dayahead_writer', current_database()); -- everybody's, where nobody has revoked it
    EXCEPTION WHEN insufficient_privilege THEN
        NULL; -- only the owner of the database may
    END;
END
$$;

GRANT USAGE ON SCHEMA dayahead TO dayahead_reader, dayahead_writer, dayahead_viewer;

GRANT SELECT ON
    dayahead.traffic, dayahead.sites, dayahead.site_aliases, dayahead.events, dayahead.planned, dayahead.calendars, dayahead.calendar_days
TO dayahead_reader;

GRANT SELECT, INSERT, DELETE ON dayahead.forecasts, dayahead.attention TO dayahead_writer;
GRANT SELECT, INSERT, UPDATE, DELETE ON dayahead.peaks TO dayahead_writer;
GRANT SELECT, INSERT, DELETE ON
    dayahead.mixture, dayahead.frozen, dayahead.volumes, dayahead.risks, dayahead.totals, dayahead.total_peaks, dayahead.total_volumes,
    dayahead.billing, dayahead.total_billing
TO dayahead_writer;
GRANT SELECT, INSERT, UPDATE ON dayahead.scores, dayahead.plan_scores, dayahead.what_ifs TO dayahead_writer;
GRANT DELETE ON dayahead.scores, dayahead.scores_by_hour TO dayahead_writer; -- of days whose readings a person ignores
GRANT SELECT, INSERT ON dayahead.quarantine, dayahead.promotions TO dayahead_writer;
GRANT EXECUTE ON FUNCTION dayahead.ensure_partition(text, date) TO dayahead_writer;
GRANT EXECUTE ON FUNCTION dayahead.ensure_day(text, date), dayahead.stage_day(text, date, text) TO dayahead_writer;
GRANT EXECUTE ON FUNCTION dayahead.index_day(text, date, text), dayahead.swap_days(text[], date[], text[], text[]) TO dayahead_writer;
GRANT EXECUTE ON FUNCTION dayahead.take(text), dayahead.settle(bigint, boolean), dayahead.add_found_sites(text[], text) TO dayahead_writer;
GRANT SELECT, INSERT, UPDATE ON dayahead.publications TO dayahead_writer;
GRANT EXECUTE ON FUNCTION dayahead.drop_staged(text, date, text) TO dayahead_writer;

GRANT SELECT ON dayahead.next_day, dayahead.forecast_vs_actual, dayahead.site_accuracy_30d, dayahead.capacity_risk TO dayahead_viewer;

-- Monitoring: the writer keeps the figures, the viewer reads what is for people.
GRANT SELECT, INSERT, UPDATE ON dayahead.scores_by_hour, dayahead.completeness, dayahead.champion_references, dayahead.drift TO dayahead_writer;
GRANT SELECT, INSERT, DELETE ON dayahead.anomalies TO dayahead_writer;
GRANT SELECT, INSERT ON dayahead.retrainings TO dayahead_writer;
GRANT SELECT, INSERT, UPDATE ON dayahead.alerts TO dayahead_writer;
GRANT SELECT ON dayahead.accuracy_by_day, dayahead.accuracy_by_hour TO dayahead_writer;
GRANT SELECT ON dayahead.accuracy_by_day, dayahead.accuracy_by_hour, dayahead.recent_anomalies, dayahead.data_freshness TO dayahead_viewer;
GRANT SELECT ON dayahead.forecast_days, dayahead.drift, dayahead.retrainings, dayahead.alerts, dayahead.what_ifs TO dayahead_viewer;
GRANT SELECT ON
    dayahead.site_outlook, dayahead.published_forecasts, dayahead.published_days, dayahead.actuals, dayahead.attention_map,
    dayahead.model_decisions, dayahead.forecast_mixture, dayahead.absent_sites, dayahead.next_day_peaks, dayahead.next_day_totals, dayahead.next_day_total_peaks,
    dayahead.plan_accuracy_30d, dayahead.risk_reliability_30d, dayahead.site_events, dayahead.event_candidates,
    dayahead.billing_p95
TO dayahead_viewer;
