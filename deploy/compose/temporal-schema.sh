#!/bin/sh
# Makes Temporal's two databases and brings their tables up to date; harmless to run again.
set -eu
for database in temporal temporal_visibility; do
    tool="temporal-sql-tool --plugin postgres12 --ep $SQL_HOST --port 5432 --user $SQL_USER --db $database"
    case $database in temporal) folder=temporal ;; *) folder=visibility ;; esac
    $tool create
    # Fails where the tables are there already; the update says so if it was anything else.
    $tool setup-schema --version 0.0 || true
    $tool update-schema --schema-dir "/etc/temporal/schema/postgresql/v12/$folder/versioned"
done
