#!/usr/bin/env bash
# Run once by the postgres image on an empty volume: a database and an owner each for Airflow and for the ledger.
set -euo pipefail

for name in airflow cartage; do
    password_variable="$(tr '[:lower:]' '[:upper:]' <<<"$name")_DB_PASSWORD"
    psql --set ON_ERROR_STOP=1 --quiet --username "$POSTGRES_USER" --dbname postgres \
        --set name="$name" --set password="${!password_variable:?}" <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE CONNECT ON DATABASE :"name" FROM PUBLIC;
SQL
done
