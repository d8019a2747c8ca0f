"""An entry in words, for pages and for CSV."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Any

from accounts.audit.selectors import Named
from web.wording import dollars, moment

COLUMNS = (
    *("at", "action", "actor", "user", "via", "address", "device", "about", "about_id"),
    *("before", "after", "token_id", "request_id"),
)
# What people, browsers or models wrote.
TEXTS = ("actor", "user", "device", "about", "about_id", "before", "after")


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[str]:
    """What changed, a field each: `limit: $5 → $8`. What is empty at first is left out."""
    old, new = before or {}, after or {}
    names = [*old, *(name for name in new if before or new[name] not in (None, ""))]
    return [_change(name, old, new) for name in dict.fromkeys(names)]


def _change(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    label = name.removeprefix("is_").removesuffix("_usd").replace("_", " ")
    if name not in old:
        return f"{label}: {_text(name, new[name])}"
    if name not in new:
        return f"{label}: was {_text(name, old[name])}"
    return f"{label}: {_text(name, old[name])} → {_text(name, new[name])}"


def _text(name: str, value: Any) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    # An entry is shown for good, also one that an older version wrote in another form.
    with suppress(ArithmeticError, TypeError, ValueError):
        if name.endswith("_usd"):
            return dollars(Decimal(value))
        if name.endswith(("_at", "_until")):
            return moment(datetime.fromisoformat(value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def csv_rows(found: Iterable[Named]) -> Iterator[dict[str, Any]]:
    """Rows for CSV, in the order of `COLUMNS`."""
    for named in found:
        entry = named.entry
        yield {
            **{name: getattr(entry, name) for name in COLUMNS if hasattr(entry, name)},
            "at": entry.at.isoformat(),
            "actor": named.actor,
            "user": named.user,
            "before": json.dumps(entry.before, ensure_ascii=False) if entry.before else "",
            "after": json.dumps(entry.after, ensure_ascii=False) if entry.after else "",
        }
