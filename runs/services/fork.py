"""Going on from a step of another run: what may be taken over, and taking it over."""

from dataclasses import dataclass, replace
from uuid import UUID

from django.conf import settings

from accounts.models import User
from billing.money import format_usd
from billing.statements import run as execute
from runs import forks, functions
from runs.details import Detail, check_kept
from runs.errors import InvalidFork, NoSuchRun, RunGoesOn
from runs.events import Notice
from runs.models import Run
from runs.selectors.forks import Taken, taken_up_to
from runs.spec import submission_of_run
from runs.submission import Fork, Submission

GONE = "There is no such run."


@dataclass(frozen=True, slots=True)
class Forking:
    """A run that has ended, and the steps of it that a new one takes over."""

    source: Run
    taken: Taken


def source_of(owner: User, run_id: UUID) -> Run:
    """The run to go on from. Raises `NoSuchRun` for anyone else's, too."""
    source = Run.objects.visible_to(owner).filter(pk=run_id).first()
    if source is None:
        raise NoSuchRun(GONE, field="fork.run")
    return source


def same_as_source(owner: User, fork: Fork) -> Submission:
    """The fork that changes nothing of what its source asked for. Raises `NoSuchRun`."""
    return replace(submission_of_run(source_of(owner, fork.run)), fork=fork)


def kept_of(owner: User, run_id: UUID) -> Submission:
    """What a run keeps when it is made of this one: its roles, and what it is found by.

    Raises `NoSuchRun`.
    """
    source = source_of(owner, run_id)
    return Submission(
        task="",
        roles=source.config["roles"],
        metadata=source.metadata,
        tags=tuple(source.tags),
        session_id=source.session_id,
        customer=source.customer,
    )


def forking_of(owner: User, submission: Submission) -> Forking | None:
    """What a submission takes over; None where it begins afresh.

    Raises `NoSuchRun`, `RunGoesOn`, `InvalidFork`, `DetailsDeleted`.
    """
    fork = submission.fork
    if fork is None:
        return None
    source = source_of(owner, fork.run)
    if not source.ended:
        raise RunGoesOn("That run is still going on. Fork it once it has ended.", field="fork.run")
    if submission.pattern != source.pattern:
        raise InvalidFork(
            f"A fork keeps the pattern of its source, which is {source.pattern}.", field="pattern"
        )
    if source.simulated != settings.SIMULATED:
        raise InvalidFork(
            "Simulated and real answers don’t mix: that run’s provider was of the other kind.",
            field="fork.run",
        )
    source.check_kept(Detail.STEPS)
    taken = taken_up_to(source, fork.step)
    if taken is None:
        raise InvalidFork(
            f"That run has no finished step “{fork.step}” to go on from.", field="fork.step"
        )
    return Forking(source, taken)


def keep_source(forking: Forking) -> None:
    """Keep the source and its steps from being deleted before the end of the transaction.

    Raises `NoSuchRun` or `DetailsDeleted` where they have been meanwhile.
    """
    deleted = execute(forks.keep(run_id=forking.source.pk))
    if deleted is None:
        raise NoSuchRun(GONE, field="fork.run")
    check_kept(deleted, Detail.STEPS)


def take_over(run_id: UUID, forking: Forking) -> None:
    """Give a new run the steps, and say so. In the submit's transaction, once the run is stored."""
    taken = forking.taken
    execute(forks.take(run_id=run_id, step_ids=taken.step_ids))
    figures = {
        "run": str(forking.source.pk),
        "step": taken.key,
        "steps": taken.count,
        "saved_usd": format_usd(taken.cost_usd),
    }
    execute(functions.append_event(run_id=run_id, event=Notice(code="forked", figures=figures)))
