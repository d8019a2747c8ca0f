"""Columns of lists and fields of pages: one way to show each kind of value.

Each function makes a callable for `list_display` or `readonly_fields`. The same arguments give the
same callable, since a page names a field both in `fields` and in `readonly_fields`.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html

from web.templatetags.times import when

Column = Callable[[Any], Any]
NOTHING = "—"
# The style sheet aligns columns by the beginning of their names.
RIGHT = "number_"


def column(
    name: str, label: str, show: Column, *, sorts_by: str | None = None, right: bool = False
) -> Column:
    """A column of this name that shows a row by `show`; sortable only by an indexed `sorts_by`."""

    def shown(row: Any) -> Any:
        return show(row)

    shown.__name__ = f"{RIGHT}{name}" if right else name
    shown.short_description = label or name.replace("_", " ")  # type: ignore[attr-defined]
    if sorts_by:
        shown.admin_order_field = sorts_by  # type: ignore[attr-defined]
    return shown


def follow(row: Any, path: str) -> Any:
    """The value at `owner__email`; None where a part of the way is None."""
    for part in path.split("__"):
        row = getattr(row, part, None)
    return row


@cache
def moment(name: str, label: str = "", sorts_by: str | None = None) -> Column:
    """A time: how long ago, the exact one in its title."""
    return column(name, label, lambda row: when(follow(row, name)) or NOTHING, sorts_by=sorts_by)


@cache
def number(name: str, label: str = "") -> Column:
    """A count, aligned at its last digit."""

    def show(row: Any) -> str:
        value = follow(row, name)
        return NOTHING if value is None else f"{value:,}"

    return column(name, label, show, right=True)


@cache
def code(name: str, label: str = "") -> Column:
    """A key or an id; data as JSON. It may be anyone's text, and is escaped."""

    def show(row: Any) -> Any:
        value = follow(row, name)
        if value in (None, "", [], {}):
            return NOTHING
        if isinstance(value, list | dict):
            value = json.dumps(value, ensure_ascii=False, indent=2, default=str)
            return format_html('<pre class="adm-json">{}</pre>', value)
        return format_html('<code class="adm-code">{}</code>', value)

    return column(name, label, show)


@cache
def text(name: str, label: str = "") -> Column:
    """Words that people or models wrote, with their line breaks."""

    def show(row: Any) -> Any:
        value = follow(row, name)
        return format_html('<div class="adm-text">{}</div>', value) if value else NOTHING

    return column(name, label, show)


@cache
def yes(name: str, label: str, words: str = "") -> Column:
    """A tag with these words where it is so, and nothing where it isn't."""
    tag = words or label.lower()
    return column(
        name,
        label,
        lambda row: format_html('<span class="tag">{}</span>', tag) if follow(row, name) else "",
    )


def chip(name: str, label: str, tones: Mapping[str, str]) -> Column:
    """A state in its words; `tones` names the colour of those that have one: ok, warn, bad."""

    def show(row: Any) -> Any:
        value = follow(row, name)
        words = getattr(row, f"get_{name}_display", lambda: value)()
        return badge(words, tones.get(value, "")) if words else NOTHING

    return column(name, label, show)


def badge(words: object, tone: str = "") -> str:
    """A chip with these words."""
    return format_html('<span class="chip {}">{}</span>', f"chip-{tone}" if tone else "", words)


@cache
def link(name: str, label: str = "") -> Column:
    """Another row, as a link to its page in the admin."""

    def show(row: Any) -> Any:
        other = follow(row, name)
        return NOTHING if other is None else link_to(other)

    return column(name, label, show)


def link_to(row: Model, words: object = None) -> str:
    """A link to a row's page in the admin."""
    address = reverse(f"admin:{_route(type(row))}_change", args=[row.pk])
    return format_html('<a class="adm-link" href="{}">{}</a>', address, words or row)


def rows_of(model: type[Model] | str, **wanted: object) -> str:
    """The address of a list, narrowed to the rows where these fields have these values.

    A model of an app above is named: `runs_run`.
    """
    route = model if isinstance(model, str) else _route(model)
    narrowed = urlencode({name: str(value) for name, value in wanted.items()})
    address = reverse(f"admin:{route}_changelist")
    return f"{address}?{narrowed}" if narrowed else address


def _route(model: type[Model]) -> str:
    return f"{model._meta.app_label}_{model._meta.model_name}"
