"""The words of the list: what is asked for, how much was found, what became of ticked runs."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from django.http import QueryDict

from runs.catalogue.presenter import pattern_label
from runs.history.days import Days, in_words
from runs.history.services import Cancelled, Rerun
from runs.states import Status

FEEDBACK = {"1": "good", "-1": "bad"}
CURSORS = ("before", "after", "upto")
STATUSES = {
    Status.QUEUED: "is queued",
    Status.RUNNING: "is running",
    Status.AWAITING_FUNDS: "needs money",
    Status.AWAITING_APPROVAL: "needs approval",
    Status.CANCELLING: "is being cancelled",
    Status.SUCCEEDED: "succeeded",
    Status.FAILED: "failed",
    Status.CANCELLED: "was cancelled",
}


@dataclass(frozen=True, slots=True)
class Label:
    """A filter without a field on the page, and where the list is without it."""

    name: str
    value: str
    label: str
    words: str
    without: str


def labels(
    query: QueryDict, filters: Iterable[tuple[str, str]], metadata: Mapping[str, str]
) -> list[Label]:
    """These filters, of which the page has no field: addresses and tags set them.

    `metadata` has the names of pairs by parameter.
    """
    return [
        _label(query, name, value, metadata.get(name) or name.removesuffix("_id"))
        for name, value in filters
    ]


def _label(query: QueryDict, name: str, value: str, label: str) -> Label:
    rest = query.copy()
    for gone in (name, *CURSORS):
        rest.pop(gone, None)
    return Label(
        name=name,
        value=value,
        label=label,
        words=FEEDBACK.get(value, value) if name == "feedback" else value,
        without=rest.urlencode(),
    )


def nothing_matches(
    filters: Mapping[str, str], shown: Iterable[Label], days: Days, today: date
) -> str:
    """A sentence that names the filter: `Nothing failed with LATS since 1 Nov.`"""
    parts = ["Nothing"]
    if status := filters.get("status"):
        parts.append(STATUSES[Status(status)])
    if pattern := filters.get("pattern"):
        parts.append(f"with {pattern_label(pattern)}")
    if model := filters.get("model"):
        parts.append(f"on {model}")
    if text := filters.get("q"):
        parts.append(f"with “{text}” in its task")
    parts += [f"with {label.label} {label.words}" for label in shown]
    if when := in_words(days, today):
        parts.append(when)
    return " ".join(parts) + "."


def cancelled_in_words(found: Cancelled) -> str:
    """`2 runs cancelled, 1 had ended.`"""
    return _sentence([(found.asked, "cancelled"), (found.ended, "had ended")])


def rerun_in_words(found: Rerun) -> Iterator[tuple[bool, str]]:
    """Sentences on what was started (true), and on what wasn't, one a reason (false)."""
    begun = [(len(found.started), "started"), (found.known, "had been started already")]
    if any(count for count, _ in begun):
        yield True, _sentence(begun)
    for reason, count in found.refused.items():
        yield False, f"{_counted(count)} not started: {reason}."


def _sentence(counts: list[tuple[int, str]]) -> str:
    said = [(count, words) for count, words in counts if count]
    if not said:
        return "None of these runs is there any more."
    first, *others = said
    return ", ".join([f"{_counted(first[0])} {first[1]}", *(f"{n} {w}" for n, w in others)]) + "."


def _counted(count: int) -> str:
    return f"{count} run{'' if count == 1 else 's'}"
