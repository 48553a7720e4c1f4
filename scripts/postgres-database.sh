#!/usr/bin/env bash
# Makes a database and the role that owns it, or brings them to what is wanted. It asks the primary, wherever that
# is, through this node's HAProxy.
#   DATABASE       the database's name
#   OWNER          the role's name
#   PASSWORD_FILE  holds the role's password
#   PGPASSFILE     holds the superuser's password, in libpq's format
#   PRIMARY_PORT   HAProxy's port on loopback
set -euo pipefail

main() {
    : "${DATABASE:?}" "${OWNER:?}" "${PASSWORD_FILE:?}" "${PGPASSFILE:?}" "${PRIMARY_PORT:?}"
    export PGPASSFILE PASSWORD_FILE
    # The password is part of a statement: keep statements out of the server's log.
    export PGOPTIONS='-c log_statement=none -c log_min_duration_statement=-1 -c log_min_error_statement=panic'
    local deadline=$((SECONDS + 120))
    until bring_about; do
        ((SECONDS < deadline)) || die "database $DATABASE could not be made within 2 minutes; the reason is above"
        sleep 1
    done
    say "database $DATABASE of $OWNER is there"
}

bring_about() {
    PGCONNECT_TIMEOUT=5 psql --no-psqlrc --quiet --no-password --set=ON_ERROR_STOP=1 --set=VERBOSITY=terse \
        --set=database="$DATABASE" --set=owner="$OWNER" \
        --host=127.0.0.1 --port="$PRIMARY_PORT" --username=postgres --dbname=postgres <<'SQL'
\set password `cat "$PASSWORD_FILE"`
SELECT format('CREATE ROLE %I LOGIN', :'owner')
    WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'owner') \gexec
ALTER ROLE :"owner" LOGIN PASSWORD :'password';
SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'owner')
    WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
ALTER DATABASE :"database" OWNER TO :"owner";
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
SQL
}

main "$@"
