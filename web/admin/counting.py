"""Pages of lists that may have millions of rows."""

from typing import Any

from django.core.paginator import Paginator
from django.db import connection
from django.utils.functional import cached_property

# Pages reach so many rows; older ones are found by search and filters.
REACH = 10_000
ROWS = "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass"


class EstimatingPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than its pages reach.

    `counted` says how many rows there are: exactly, or about as many as Postgres believes.
    """

    @cached_property
    def found(self) -> int:
        """The rows, or one more than pages reach."""
        rows: Any = self.object_list
        return int(rows.order_by()[: REACH + 1].count())

    @cached_property
    def count(self) -> int:
        """The rows that pages reach."""
        return min(self.found, REACH)

    @cached_property
    def counted(self) -> str:
        """How many rows there are, in words."""
        if self.found <= REACH:
            return f"{self.found:,}"
        rows: Any = self.object_list
        if rows.query.where:
            return f"More than {REACH:,}"
        return f"About {max(REACH, _estimate(rows.model._meta.db_table)):,}"


def _estimate(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(ROWS, [table])
        return int(cursor.fetchone()[0])
