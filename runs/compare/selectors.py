"""What is read of the two runs, and which runs one is worth comparing with."""

from dataclasses import dataclass

from django.db.models import Q

from accounts.models import User
from runs.models import Run
from runs.selectors.history import LIST_FIELDS
from runs.selectors.journal import Books, Journal, books, journal

MOST = 25
# How far back runs of the same task are looked for.
NEWEST = 500


@dataclass(frozen=True, slots=True)
class Side:
    """A run with its steps and its ledger."""

    run: Run
    journal: Journal
    books: Books


def side(run: Run) -> Side:
    """Read one of the two."""
    return Side(run, journal(run), books(run))


def akin(user: User, run: Run) -> list[Run]:
    """A user's other runs, newest first: those of the same task, its source and its forks."""
    mine = Run.objects.visible_to(user)
    newest = mine.order_by("-id").values("id")[:NEWEST]
    family = Q(forked_from=run)
    if run.forked_from_id:
        family |= Q(pk=run.forked_from_id) | Q(forked_from=run.forked_from_id)
    # The tasks that are no longer kept are alike in that only.
    alike = mine.filter(pk__in=newest, task=run.task).exclude(task="")
    ids = {
        *alike.values_list("pk", flat=True)[:NEWEST],
        *mine.filter(family).values_list("pk", flat=True)[:NEWEST],
    } - {run.pk}
    return list(mine.filter(pk__in=ids).only(*LIST_FIELDS).order_by("-pk")[:MOST])


def others(user: User, run: Run) -> list[Run]:
    """A user's latest other runs."""
    runs = Run.objects.visible_to(user).exclude(pk=run.pk)
    return list(runs.only(*LIST_FIELDS).order_by("-pk")[:MOST])
