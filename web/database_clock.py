"""The database's clock: the one that all processes share."""

from datetime import datetime

from django.db import connection

CLOCK = "SELECT statement_timestamp()"


def database_time() -> datetime:
    """When this statement began."""
    with connection.cursor() as cursor:
        cursor.execute(CLOCK)
        moment: datetime = cursor.fetchone()[0]
    return moment
