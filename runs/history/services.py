"""What is done to several runs at once: each by itself, as if it had been asked for alone."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from accounts.models import User
from billing.errors import BudgetExceeded
from runs.errors import RunEnded, RunError
from runs.models import Run
from runs.services import cancel_run, submit_run
from runs.spec import same_again
from runs.states import TERMINAL, Status
from web.errors import Problem
from web.ratelimit import Limit, consume


@dataclass(slots=True)
class Cancelled:
    """How many were asked to end, and how many could not be any more."""

    asked: int = 0
    ended: int = 0


@dataclass(slots=True)
class Rerun:
    """What was started, what that this form had started before, and why others weren't."""

    started: list[Run] = field(default_factory=list)
    known: int = 0
    refused: Counter[str] = field(default_factory=Counter)


def ticked_runs(owner: User, ids: Sequence[UUID]) -> list[Run]:
    """Those of the ids that are the owner's runs, oldest first."""
    return list(Run.objects.visible_to(owner).filter(pk__in=ids).order_by("created_at", "pk"))


def cancellable(runs: Iterable[Run]) -> list[Run]:
    """Those whose end can still be asked for."""
    return [run for run in runs if run.status not in TERMINAL | {Status.CANCELLING}]


def cancel_all(runs: Iterable[Run]) -> Cancelled:
    """Ask for the end of each that goes on."""
    found = Cancelled()
    for run in runs:
        if run.status == Status.CANCELLED:
            found.ended += 1
            continue
        try:
            cancel_run(run=run)
            found.asked += 1
        except RunEnded:
            found.ended += 1
    return found


def rerun_all(
    runs: Iterable[Run], *, owner: User, limits: Sequence[Limit], key: UUID, traceparent: str
) -> Rerun:
    """Submit the input of each again; every one counts as a submit. Sent twice, it starts none."""
    found = Rerun()
    for run in runs:
        counted = consume(limits)
        if counted and not counted.allowed:
            found.refused["too many runs were started in a short time"] += 1
            continue
        try:
            submitted = submit_run(
                owner=owner,
                submission=same_again(run),
                idempotency_key=f"list:{key}:{run.pk}",
                traceparent=traceparent,
            )
        except (RunError, BudgetExceeded) as refusal:
            found.refused[_reason(refusal)] += 1
            continue
        if submitted.replayed:
            found.known += 1
        else:
            found.started.append(submitted.run)
    return found


def _reason(refusal: Problem) -> str:
    return refusal.detail.removesuffix(".")
