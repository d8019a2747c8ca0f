"""One call of an SQL function: what is sent, and how its answer is read. Who sends it, waits."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from django.db import connection

from billing.sql import schema

T = TypeVar("T")
Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Statement(Generic[T]):
    """A statement with its parameters; `read` makes the result of its rows."""

    text: str
    params: tuple[Any, ...]
    read: Callable[[Sequence[Row]], T]


def run(statement: Statement[T]) -> T:
    """Execute on Django's connection, in its transaction."""
    with connection.cursor() as cursor:
        cursor.execute(statement.text, statement.params)
        return statement.read(cursor.fetchall())


def call(app: str, function: str, *params: Any, read: Callable[[Any], T]) -> Statement[T]:
    """A function that returns one value."""
    text = f"SELECT {named(app, function, *['%s'] * len(params))}"
    return Statement(text, params, lambda rows: read(rows[0][0]))


def rows_of(
    app: str, function: str, *params: Any, read: Callable[[Sequence[Row]], T]
) -> Statement[T]:
    """A function that returns rows."""
    text = f"SELECT * FROM {named(app, function, *['%s'] * len(params))}"  # noqa: S608 - our own names
    return Statement(text, params, read)


@cache
def named(app: str, function: str, *arguments: str) -> str:
    """A call as a part of a statement."""
    return f"{schema(app)}.{function}({', '.join(arguments)})"


def from_json(value: Any) -> Any:
    """A jsonb value: Django's cursors leave it as text, psycopg's own don't."""
    return json.loads(value) if isinstance(value, str) else value
