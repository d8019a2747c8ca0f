"""An entry in words, for pages and for CSV."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from accounts.audit.selectors import Named

COLUMNS = (
    *("at", "action", "actor", "user", "via", "address", "device", "about", "about_id"),
    *("before", "after", "token_id", "request_id"),
)
# What people, browsers or models wrote.
TEXTS = ("actor", "user", "device", "about", "about_id", "before", "after")


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[str]:
    """What changed, a field each: `limit_usd: 5 → 8`. What is empty at first is left out."""
    old, new = before or {}, after or {}
    names = [*old, *(name for name in new if before or new[name] not in (None, ""))]
    return [_change(name, old, new) for name in dict.fromkeys(names)]


def _change(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    if name not in old:
        return f"{name}: {_text(new[name])}"
    if name not in new:
        return f"{name}: was {_text(old[name])}"
    return f"{name}: {_text(old[name])} → {_text(new[name])}"


def _text(value: Any) -> str:
    if value is None:
        return "—"
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
