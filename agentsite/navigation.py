"""The navigation beside every page: one line a page."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Entry:
    """A link. `key` goes there at once, `go` after a G; it is current on the pages `within` too."""

    label: str
    icon: str
    view: str
    key: str = ""
    go: str = ""
    within: tuple[str, ...] = ()
    badge: bool = False  # how many runs are active


@dataclass(frozen=True, slots=True)
class Section:
    """Entries under one heading; the first has none."""

    heading: str
    entries: tuple[Entry, ...]
    staff_only: bool = False


SECTIONS = (
    Section("", (
        Entry("New run", "plus", "runs:new", key="c"),
        Entry("Runs", "list", "runs:list", go="r", within=("runs:detail",), badge=True),
        Entry("Usage", "chart", "runs:usage", go="u"),
        Entry("Budgets", "wallet", "billing:budgets", go="b", within=("billing:budget",)),
        Entry("Models", "screen", "runs:models", go="m"),
        Entry("API tokens", "key", "accounts:tokens", go="t"),
    )),
    Section("Staff", (
        Entry("Operations", "pulse", "runs:operations", go="o", within=("runs:resolve",)),
    ), staff_only=True),
    Section("Help", (
        Entry("API reference", "book", "api-docs"),
    )),
)  # fmt: skip


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the sections that the reader may see."""
    user = getattr(request, "user", None)
    staff = user is not None and user.is_staff
    return {"navigation": [section for section in SECTIONS if staff or not section.staff_only]}
