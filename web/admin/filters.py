"""Filters of large tables: by what has an index."""

from datetime import timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest

DAYS = {"1": "Last 24 hours", "7": "Last 7 days"}


def lately(field: str, words: str) -> type[SimpleListFilter]:
    """Rows of the last days. Longer spans are for Usage, which reads sums."""

    class Lately(SimpleListFilter):
        """By when it was."""

        title = words
        parameter_name = "days"

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
            """The spans in words."""
            return list(DAYS.items())

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            """Rows of that span."""
            days = self.value()
            if days not in DAYS:
                return queryset
            return queryset.filter(**{f"{field}__gte": Now() - timedelta(days=int(days))})

    return Lately
