#!/bin/sh
# restore.sh FILE: puts a backup into the empty database of DATABASE_URL: all of it, or nothing.
set -eu
tables=$(psql --no-psqlrc --tuples-only --no-align --dbname="$DATABASE_URL" \
    --command="SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
if [ "$tables" != 0 ]; then
    echo "restore: the database has tables already; restore into an empty one" >&2
    exit 1
fi
pg_restore --single-transaction --exit-on-error --no-owner --no-privileges \
    --dbname="$DATABASE_URL" "$1"
