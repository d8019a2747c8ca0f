"""Empties the test database after a test that committed.

Django truncates all tables and fills two of them anew: a file for each table and index, and every
connection forgets what it knew of them. Here rows are deleted, where there are any.
"""

from functools import cache

from django.db import connection, transaction

# Migrations fill these, and no test changes them.
KEPT = {"django_migrations", "django_content_type", "auth_permission"}
# Nobody may delete single rows of these.
APPEND_ONLY = {"accounts_auditentry", "billing_ledgerentry"}
# Deleted runs and sums leave rows here.
LAST = ("billing_spendtally", "runs_ownertally")


def empty_database() -> None:
    """Leave no row that a test may have made."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_full_tables())
        full = {name for (name,) in cursor.fetchall()}
        if whole := sorted(full & APPEND_ONLY):
            cursor.execute(f"TRUNCATE {', '.join(whole)} CASCADE")
        for name in (*sorted(full - APPEND_ONLY - set(LAST)), *LAST):
            cursor.execute(f'DELETE FROM "{name}"')


@cache
def _full_tables() -> str:
    """The query for the names of all tables that have rows."""
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")"
        for name in names
        if name not in KEPT
    )
