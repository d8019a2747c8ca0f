"""Work that only one process of the site does at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum, unique

from django.db import connection


@unique
class Work(IntEnum):
    """Advisory locks that nothing else takes; those of the SQL functions are in `locks.sql`."""

    COMPARING = 7302010
    ASKING = 7302011
    DELETING = 7302012
    STOPPING = 7302013


@contextmanager
def alone(work: Work) -> Iterator[bool]:
    """Whether this process may do it now; until the end no other one does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [int(work)])
        taken: bool = cursor.fetchone()[0]
    try:
        yield taken
    finally:
        if taken:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [int(work)])
