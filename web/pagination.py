"""Cursor pagination by the value of the last row: new rows never shift a page."""

import base64
import json
from collections.abc import Sequence
from functools import reduce
from itertools import accumulate
from operator import add
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import BigIntegerField, Func, Model, Q, QuerySet, TextField
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

Key = tuple[str, ...]
MAX_PAGE_SIZE = 100
MAX_PAGE_BYTES = 2_000_000


def page_parameters(view: APIView) -> list[str]:
    """The query parameters of a list's pages; an ordering where there is one to choose."""
    names = ["cursor", "page_size"]
    return [*names, "ordering"] if len(_orderings(view)) > 1 else names


def _orderings(view: APIView | None) -> dict[str, Key]:
    return getattr(view, "orderings", {"": ("-id",)})


class KeysetPagination(BasePagination):
    """Pages over a unique key such as `("-cost_usd", "-id")`, all parts in one direction.

    A view lists its keys in `orderings`, by the name that `?ordering=` takes; the first one is
    the default. A cursor holds the direction to go and the key of the row to go on from. Columns
    that may be long are named in the view's `bulky`: a page ends early where they come to more
    than `MAX_PAGE_BYTES`, so that no list fills the memory of a web process.
    """

    page_size = 20

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any]:
        """The rows of the page that the query asks for. Raises `ValidationError`."""
        orderings = _orderings(view)
        self._request = request
        self._ordering = _choice(request, orderings)
        self._key = orderings[self._ordering]
        size = _size(request, getattr(view, "page_size", self.page_size))
        forwards, after = self._cursor(request, queryset)
        rows = self._rows(queryset, forwards, after)
        page, more = first_of(rows, size, getattr(view, "bulky", ()))
        if not forwards:
            page.reverse()
        self._next = page[-1] if page and (more or not forwards) else None
        self._previous = page[0] if page and after and (more or forwards) else None
        return page

    def get_paginated_response(self, data: Any) -> Response:
        """The envelope of every list."""
        return Response(
            {
                "next": self._link(self._next, forwards=True),
                "previous": self._link(self._previous, forwards=False),
                "results": data,
            }
        )

    def _rows(
        self, queryset: QuerySet[Any], forwards: bool, after: list[Any] | None
    ) -> QuerySet[Any]:
        key = self._key if forwards else tuple(_reversed(part) for part in self._key)
        rows = queryset.order_by(*key)
        return rows.filter(_beyond(key, after)) if after else rows

    def _link(self, row: Model | None, *, forwards: bool) -> str | None:
        if row is None:
            return None
        values = [str(getattr(row, part.lstrip("-"))) for part in self._key]
        text = json.dumps([self._ordering, forwards, values], separators=(",", ":"))
        cursor = base64.urlsafe_b64encode(text.encode()).decode()
        return replace_query_param(self._request.build_absolute_uri(), "cursor", cursor)

    def _cursor(self, request: Request, queryset: QuerySet[Any]) -> tuple[bool, list[Any] | None]:
        text = request.query_params.get("cursor")
        if text is None:
            return True, None
        try:
            ordering, forwards, values = json.loads(base64.urlsafe_b64decode(text.encode()))
            fields = [queryset.model._meta.get_field(part.lstrip("-")) for part in self._key]
            # `clean` also refuses null and what doesn't fit the column.
            after = [
                field.clean(str(value), None) for field, value in zip(fields, values, strict=True)
            ]
        except (ValueError, TypeError, RecursionError, DjangoValidationError) as error:
            raise ValidationError({"cursor": ["This cursor was not made here."]}) from error
        if ordering != self._ordering:
            raise ValidationError({"cursor": ["This cursor belongs to another ordering."]})
        return bool(forwards), after

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """The query parameters in the OpenAPI document."""
        size = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE}
        parameters = [
            _parameter("cursor", {"type": "string"}, "Taken from `next` or `previous`."),
            _parameter("page_size", size, "Rows of a page."),
        ]
        if "ordering" in page_parameters(view):
            names = {"type": "string", "enum": list(_orderings(view))}
            parameters.append(_parameter("ordering", names, "Which rows come first."))
        return parameters

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The envelope in the OpenAPI document."""
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "schema": schema,
        "description": description,
    }


def _choice(request: Request, orderings: dict[str, Key]) -> str:
    default = next(iter(orderings))
    name = request.query_params.get("ordering", default)
    if name not in orderings:
        known = ", ".join(orderings)
        raise ValidationError({"ordering": [f"Unknown ordering. Known: {known}."]})
    return name


def _size(request: Request, default: int) -> int:
    text = request.query_params.get("page_size", str(default))
    digits = text.isascii() and text.isdigit() and len(text) <= 3
    if not (digits and 1 <= int(text) <= MAX_PAGE_SIZE):
        raise ValidationError({"page_size": [f"A number from 1 to {MAX_PAGE_SIZE} is needed."]})
    return int(text)


def first_of(rows: QuerySet[Any], size: int, bulky: Sequence[str] = ()) -> tuple[list[Any], bool]:
    """At most so many of the ordered rows, and whether there are more.

    Fewer where their `bulky` columns come to more than `MAX_PAGE_BYTES`; the first one is always
    there.
    """
    if not bulky:
        page = list(rows[: size + 1])
        return page[:size], len(page) > size
    weighed = list(rows.values_list("pk", _bytes_in(bulky))[: size + 1])
    sums = accumulate(length for _, length in weighed)
    fitting = max(1, sum(total <= MAX_PAGE_BYTES for total in sums))
    pks = [pk for pk, _ in weighed[: min(size, fitting)]]
    return list(rows.filter(pk__in=pks)), len(weighed) > len(pks)


def _bytes_in(columns: Sequence[str]) -> Combinable:
    """How long these columns are as text, in bytes."""
    lengths = (
        Func(Cast(name, TextField()), function="octet_length", output_field=BigIntegerField())
        for name in columns
    )
    return reduce(add, (Coalesce(length, 0) for length in lengths))


def _reversed(part: str) -> str:
    return part[1:] if part.startswith("-") else f"-{part}"


def _beyond(key: Key, values: list[Any]) -> Q:
    """Rows after `values` in the order of `key`; the first bound lets the index be used."""
    bounds = [
        (part.lstrip("-"), "lt" if part.startswith("-") else "gt", value)
        for part, value in zip(key, values, strict=True)
    ]
    beyond, ties = Q(), Q()
    for name, side, value in bounds:
        beyond |= ties & Q(**{f"{name}__{side}": value})
        ties &= Q(**{name: value})
    name, side, value = bounds[0]
    return Q(**{f"{name}__{side}e": value}) & beyond
