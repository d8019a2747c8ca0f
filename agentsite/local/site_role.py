"""The role that the site works as: it owns the site's database, and may do no more."""

import psycopg
from psycopg import sql

ROLE = "site"
# Everything outside the system's own schemas that a role can own. Sequences of columns, the types
# of tables, and what belongs to an extension follow their owner by themselves.
OWNED_BY_OTHERS = """
    SELECT 'SCHEMA', format('%%I', n.nspname) FROM pg_namespace n
    WHERE n.nspowner <> %(role)s::regrole AND n.nspname !~ '^pg_'
        AND n.nspname NOT IN ('information_schema', 'public')
    UNION ALL
    SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' WHEN 'c' THEN 'TYPE'
        WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END, c.oid::regclass::text
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relowner <> %(role)s::regrole AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'c')
        AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        AND NOT EXISTS (
            SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i', 'e')
        )
    UNION ALL
    SELECT 'ROUTINE', p.oid::regprocedure::text
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE p.proowner <> %(role)s::regrole AND n.nspname !~ '^pg_'
        AND n.nspname <> 'information_schema'
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
"""


def ensure_role(server: psycopg.Connection, password: str, *, creates_databases: bool) -> None:
    """Make the role with this password, or give it the password; `server` is a superuser's."""
    known = server.execute("SELECT FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone()
    statement = sql.SQL(
        "{verb} ROLE {role} LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS {databases}"
        " PASSWORD {password}"
    )
    server.execute(
        statement.format(
            verb=sql.SQL("CREATE" if known is None else "ALTER"),
            role=sql.Identifier(ROLE),
            databases=sql.SQL("CREATEDB" if creates_databases else "NOCREATEDB"),
            password=sql.Literal(password),
        )
    )


def hand_over(database: psycopg.Connection) -> None:
    """Give the role the database, and what others own in it: folders of before had one role."""
    name = sql.Identifier(database.info.dbname)
    role = sql.Identifier(ROLE)
    database.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(name, role))
    for kind, what in database.execute(OWNED_BY_OTHERS, {"role": ROLE}).fetchall():
        # Both are the catalogue's own words, quoted where they need it.
        statement = sql.SQL("ALTER {} {} OWNER TO {}")
        database.execute(statement.format(sql.SQL(kind), sql.SQL(what), role))
