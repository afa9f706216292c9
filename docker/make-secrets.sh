#!/usr/bin/env bash
# Makes every secret of compose.yaml in docker/secrets/, once; those that exist stay.
set -euo pipefail
cd "$(dirname "$0")"
umask 077
mkdir -p secrets

random() { head -c "$1" /dev/urandom | od -An -vtx1 | tr -d ' \n'; }
keep() { if [[ ! -e secrets/$1 ]]; then printf '%s' "$2" >"secrets/$1"; fi; }  # no newline: the files are read as they are

for name in postgres airflow mlflow dayahead grafana_reader redis object_store login; do
    keep "${name}_password" "$(random 16)"
done
password() { cat "secrets/$1_password"; }

keep airflow_database_url "postgresql+psycopg2://airflow:$(password airflow)@postgres:5432/airflow"
keep airflow_result_backend "db+postgresql+psycopg2://airflow:$(password airflow)@postgres:5432/airflow"
keep airflow_broker_url "redis://:$(password redis)@redis:6379/0"
keep airflow_fernet_key "$(head -c 32 /dev/urandom | base64 | tr '+/' '-_')"
keep airflow_jwt_secret "$(random 64)"
keep airflow_session_key "$(random 16)"
keep airflow_passwords "{\"admin\": \"$(password login)\"}"
keep mlflow_database_url "postgresql+psycopg2://mlflow:$(password mlflow)@postgres:5432/mlflow"
keep mlflow_session_key "$(random 16)"
keep mlflow_login "[mlflow]
default_permission = READ
database_uri = $(cat secrets/mlflow_database_url)
admin_username = admin
admin_password = $(password login)
auth_cache_ttl_seconds = 60
"
# pipeline.config reads these two by their names
keep dayahead_database_url "postgresql://dayahead:$(password dayahead)@postgres:5432/traffic"
keep dayahead_tracking_password "$(password login)"
keep redis_config "requirepass $(password redis)
appendonly yes
dir /data
"
keep object_store_login "[default]
aws_access_key_id = dayahead
aws_secret_access_key = $(password object_store)
"
keep object_store_config "{\"identities\": [{\"name\": \"dayahead\", \"actions\": [\"Admin\", \"Read\", \"Write\", \"List\", \"Tagging\"],
 \"credentials\": [{\"accessKey\": \"dayahead\", \"secretKey\": \"$(password object_store)\"}]}]}
"
chmod 444 secrets/*  # containers read them as users of their own; the folder itself stays closed
echo "secrets are in $(pwd)/secrets; login admin / $(password login)"
