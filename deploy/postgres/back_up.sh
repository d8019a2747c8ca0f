#!/bin/sh
# back_up.sh FILE: all of the site's database, as it is at this moment, while the site goes on.
# Reads DATABASE_URL. The file is there only once it is complete.
set -eu
umask 077
pg_dump --format=custom --no-owner --no-privileges --file="$1.unfinished" --dbname="$DATABASE_URL"
mv "$1.unfinished" "$1"
