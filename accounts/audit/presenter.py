"""An entry in words, for pages and for CSV."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.admin.models import LogEntry

from accounts.audit.selectors import OF_TOKENS, Named
from web.wording import dollars, moment

COLUMNS = (
    *("at", "action", "actor", "user", "via", "address", "device", "about", "about_id"),
    *("before", "after", "token_id", "request_id"),
)
# What people, browsers or models wrote.
TEXTS = ("actor", "user", "device", "about", "about_id", "before", "after")
# How people prove who they are, by what django-allauth and our views call it.
FACTORS = {
    "totp": "authenticator app",
    "code": "code",
    "password": "password",
    "recovery_codes": "recovery codes",
    "webauthn": "security key",
}
Values = Mapping[str, Any]


def changes(before: Values | None, after: Values | None, tokens: Mapping[str, str]) -> list[str]:
    """What changed, a field each: `limit: $5 → $8`. What is empty at first is left out.

    `tokens` are names by ids.
    """
    old, new = (_with_names(values or {}, tokens) for values in (before, after))
    names = [*old, *(name for name in new if before or new[name] not in (None, ""))]
    return [_change(name, old, new) for name in dict.fromkeys(names)]


def _with_names(values: Values, tokens: Mapping[str, str]) -> dict[str, Any]:
    def named(value: Any) -> Any:
        if isinstance(value, list):
            return [named(one) for one in value]
        return tokens.get(str(value), value)

    return {name: named(value) if name in OF_TOKENS else value for name, value in values.items()}


def _change(name: str, old: Values, new: Values) -> str:
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
    if name in ("factor", "kind"):
        return FACTORS.get(str(value), str(value))
    if name == "what":
        return LogEntry(change_message=value).get_change_message()
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
