"""Which errors mean that the database can't do its work just now, and not that we asked wrongly."""

from django.db import InterfaceError, InternalError, OperationalError
from psycopg.errors import ReadOnlySqlTransaction

# What an outage may be raised as; ask `is_outage` whether it is one.
MAYBE_OUTAGE = (OperationalError, InterfaceError, InternalError)


def is_outage(error: BaseException | None) -> bool:
    """True while Postgres is away, full, or only lets us read, as a standby does."""
    if isinstance(error, InternalError):
        return isinstance(error.__cause__, ReadOnlySqlTransaction)
    return isinstance(error, OperationalError | InterfaceError)
