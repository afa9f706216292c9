#!/usr/bin/env bash
# The contract of the official image, as far as compose.yaml uses it: on an empty folder make a cluster with the password of a file, run what lies
# in /docker-entrypoint-initdb.d, and only then listen to the network.
set -euo pipefail
if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
    PGPASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
    export PGPASSWORD
    # shellcheck disable=SC2086  # several options in one variable, as there
    initdb --pgdata "$PGDATA" --username postgres --pwfile <(echo "$PGPASSWORD") ${POSTGRES_INITDB_ARGS:-} >/dev/null
    echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
    printf "listen_addresses = '*'\nunix_socket_directories = '/var/run/postgresql'\n" >>"$PGDATA/postgresql.conf"
    pg_ctl --pgdata "$PGDATA" --wait --silent --options "-c listen_addresses=''" start
    export PGHOST=/var/run/postgresql PGUSER=postgres
    for script in /docker-entrypoint-initdb.d/*.sh; do
        if [ -x "$script" ]; then "$script"; else source "$script"; fi
    done
    pg_ctl --pgdata "$PGDATA" --wait --silent --mode fast stop
    unset PGPASSWORD PGHOST PGUSER
fi
exec "$@"
