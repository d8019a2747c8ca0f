"""The details of a run that can be deleted while the run itself and its bill stay."""

from collections.abc import Mapping

from django.db.models import TextChoices

from runs.errors import DetailsDeleted


class Detail(TextChoices):
    """A kind of detail, by its name in the API."""

    STEPS = "steps", "Its steps"
    EVENTS = "events", "Its events"
    ANSWER = "answer", "Its answer"
    TASK = "task", "Its task"


def deletion_note(deleted: Mapping[str, int]) -> str:
    """What was deleted and when, in one sentence a number of days; empty where nothing was.

    `deleted` has the days after which each kind was deleted, by kind.
    """
    kinds: dict[int, list[str]] = {}
    for detail in Detail:
        if detail in deleted:
            kinds.setdefault(deleted[detail], []).append(detail.label.lower())
    sentences = (
        f"{_listed(names).capitalize()} {_were(names)} deleted {_when(days)}."
        for days, names in sorted(kinds.items())
    )
    return " ".join(sentences)


def check_kept(deleted: Mapping[str, int], *wanted: Detail) -> None:
    """Raise `DetailsDeleted` where one of these kinds was deleted."""
    gone = {detail.value: deleted[detail] for detail in wanted if detail in deleted}
    if gone:
        raise DetailsDeleted(f"{deletion_note(gone)} The run’s cost and status are kept.")


def _listed(names: list[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _were(names: list[str]) -> str:
    return "was" if names in (["its answer"], ["its task"]) else "were"


def _when(days: int) -> str:
    if not days:
        return "with its owner’s account"
    return f"{days} day{'' if days == 1 else 's'} after the run ended"
