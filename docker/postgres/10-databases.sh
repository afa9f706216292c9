#!/usr/bin/env bash
# Run once by the postgres image, on an empty data folder: a role and a database for each service.
set -euo pipefail
password() { cat "${SECRETS:-/run/secrets}/$1_password"; }

for pair in airflow:airflow mlflow:mlflow dayahead:traffic; do
    role=${pair%%:*} database=${pair##*:}
    psql --set ON_ERROR_STOP=1 --set role="$role" --set database="$database" --set password="$(password "$role")" <<'SQL'
CREATE ROLE :"role" LOGIN PASSWORD :'password';
CREATE DATABASE :"database" OWNER :"role";
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
SQL
done
# `python -m pipeline migrate` makes the roles of the steps, so the owner of `traffic` may. The one that Grafana reads by is needed here already.
psql --set ON_ERROR_STOP=1 --set password="$(password grafana_reader)" <<'SQL'
ALTER ROLE dayahead CREATEROLE;
CREATE ROLE dayahead_viewer NOLOGIN;
GRANT dayahead_viewer TO dayahead WITH ADMIN OPTION;
CREATE ROLE grafana LOGIN PASSWORD :'password' IN ROLE dayahead_viewer;
GRANT CONNECT ON DATABASE traffic TO grafana;
SQL
