"""Database work outside a request's own thread: each piece gives its connection back."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection
from psycopg import conninfo

P = ParamSpec("P")
R = TypeVar("R")


def releasing(function: Callable[P, R]) -> Callable[P, R]:
    """`function`, which leaves no connection behind in the thread that it runs in."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        finally:
            # A transaction that the caller has open keeps its connection.
            if not connection.in_atomic_block:
                connection.close()

    return call


def in_request_thread(function: Callable[P, R]) -> Callable[P, Awaitable[R]]:
    """Run `function` where the request's other synchronous parts run."""
    return sync_to_async(releasing(function))


def in_any_thread(function: Callable[P, R]) -> Callable[P, Awaitable[R]]:
    """Run `function` in the loop's own small pool of threads."""
    return sync_to_async(releasing(function), thread_sensitive=False)


def connection_info() -> str:
    """libpq's connection string of the default database."""
    database = settings.DATABASES["default"]
    options = {key: value for key, value in database["OPTIONS"].items() if key != "pool"}
    return conninfo.make_conninfo(
        host=database["HOST"],
        port=database["PORT"],
        dbname=database["NAME"],
        user=database["USER"],
        password=database["PASSWORD"],
        **options,
    )
