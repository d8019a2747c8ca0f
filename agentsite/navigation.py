"""The navigation beside every page: one line a page."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from accounts.caller import Caller, known_caller


@dataclass(frozen=True, slots=True)
class Entry:
    """A link. `key` goes there at once, `go` after a G; it is current on the pages `within` too."""

    label: str
    icon: str
    view: str
    key: str = ""
    go: str = ""
    within: tuple[str, ...] = ()
    badge: str = ""  # how many runs are so: active, or waiting for the reader


@dataclass(frozen=True, slots=True)
class Section:
    """Entries under one heading; the first has none."""

    heading: str
    entries: tuple[Entry, ...]
    staff_only: bool = False
    public: bool = False


RUN_PAGES = ("runs:detail", "runs:compare", "runs:share")
PROMPT_PAGES = (
    "runs:new-prompt-set",
    "runs:import-prompt-set",
    "runs:prompt-set",
    "runs:edit-prompt-set",
)
STAFF_PAGES = (
    "runs:user",
    "runs:resolve",
    "runs:intake",
    "runs:site-alerts",
    "runs:kill-switches",
    "runs:kill-switch",
    "runs:bills",
    "runs:bill",
)

SECTIONS = (
    Section("", (
        Entry("New run", "plus", "runs:new", key="c", within=("runs:choosing",)),
        Entry("Runs", "list", "runs:list", go="r", within=RUN_PAGES, badge="active"),
        Entry("Inbox", "inbox", "runs:inbox", go="i", badge="waiting"),
        Entry("Prompts", "pen", "runs:prompt-sets", go="p", within=PROMPT_PAGES),
        Entry("Usage", "chart", "runs:usage", go="u", within=("billing:invoice",)),
        Entry("Budgets", "wallet", "billing:budgets", go="b", within=("billing:budget",)),
        Entry("Models", "screen", "runs:models", go="m"),
        Entry("API tokens", "key", "billing:tokens", go="t", within=("billing:rotate-token",)),
        Entry("Webhooks", "link", "runs:webhooks", go="w", within=("runs:webhook",)),
        Entry("Alerts", "bell", "runs:alerts", go="a", within=("runs:paused-token",)),
    )),
    Section("Staff", (
        Entry("Operations", "pulse", "runs:operations", go="o", within=STAFF_PAGES),
        Entry("Audit log", "shield", "accounts:audit", go="l"),
    ), staff_only=True),
    Section("Help", (
        Entry("API reference", "book", "api-docs", within=("api-problems",)),
    ), public=True),
)  # fmt: skip


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the sections that the reader may see."""
    caller = known_caller(request)
    return {"navigation": [section for section in SECTIONS if _may_see(caller, section)]}


def _may_see(caller: Caller | None, section: Section) -> bool:
    if caller is None:
        return section.public
    return caller.user.is_staff or not section.staff_only
