"""Views that read one moment of the database, so that the figures of a page agree."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import connection, transaction

P = ParamSpec("P")
R = TypeVar("R")

SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"


def one_snapshot(view: Callable[P, R]) -> Callable[P, R]:
    """`view`, all of whose queries see what was committed at its first; it can't write.

    Inside of an open transaction that one's own level holds.
    """

    @wraps(view)
    def reading(*args: P.args, **kwargs: P.kwargs) -> R:
        if connection.in_atomic_block:
            return view(*args, **kwargs)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(SNAPSHOT)
            return view(*args, **kwargs)

    return reading
