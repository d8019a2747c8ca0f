#!/bin/sh
# Runs once, when the data folder is made: the site works as a role that owns its database and no
# more. The superuser is then left without a password, so that nobody signs in as it by network.
set -eu
psql --set ON_ERROR_STOP=1 --username postgres --set password="$POSTGRES_PASSWORD" <<'SQL'
CREATE ROLE agentsite LOGIN PASSWORD :'password';
CREATE DATABASE agentsite OWNER agentsite;
ALTER ROLE postgres PASSWORD NULL;
SQL
