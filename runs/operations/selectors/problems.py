"""What is wrong on the site, in words: the first thing that operators see."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from billing.models import Audit
from billing.refusals import PERIODS
from runs.catalogue.states import ModelState
from runs.engine.provider.shutdowns import in_words
from runs.operations.selectors.doubts import Doubts
from runs.operations.selectors.standing import Standing
from runs.operations.selectors.workers import WorkerState
from web.wording import dollars

LONG_QUEUE_S = 60
# Of one, and of several.
WHOSE = {
    "site": ("of the site", "of the site"),
    "user": ("of a user", "of users"),
    "token": ("of an API token", "of API tokens"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and the page or the part of this page where more is said."""

    words: str
    link: str = ""
    view: str = ""
    part: str = ""
    bad: bool = False


def problems(
    standing: Standing,
    *,
    workers: Sequence[WorkerState],
    models: Sequence[ModelState],
    doubts: Doubts,
) -> list[Problem]:
    """The worst first; an empty list where all is well."""
    found = [
        *_stopped(standing),
        *_missing(workers),
        *_disagreement(standing.audit),
        *_waiting(standing),
        *_left_alone(models),
        *_used_up(standing.full_budgets),
        *_in_doubt(doubts),
        *_overruns(standing.overruns),
        *_ending(models),
    ]
    return sorted(found, key=lambda problem: not problem.bad)


def _stopped(standing: Standing) -> Iterator[Problem]:
    for switch in standing.switches:
        words = f"Kill switch {switch['id']} is on: {switch['reason']}"
        yield Problem(words, "See kill switches", "runs:kill-switches", bad=True)
    if standing.intake and standing.intake.paused:
        words = f"New runs are paused: {standing.intake.reason}"
        yield Problem(words, "Take them in again", "runs:intake", bad=True)


def _missing(workers: Sequence[WorkerState]) -> Iterator[Problem]:
    if not any(state.alive for state in workers):
        words = "No worker is alive: queued runs wait."
        yield Problem(words, "See workers", part="workers-title", bad=True)
    gone = [state.worker.name for state in workers if state.lamp == "lamp-bad"]
    if gone:
        names = ", ".join(dict.fromkeys(gone))
        many = f"{len(gone)} workers have sent no heartbeat for over 15 s: {names}."
        one = f"Worker {gone[0]} has sent no heartbeat for over 15 s."
        words = one if len(gone) == 1 else many
        yield Problem(words, "See workers", part="workers-title", bad=True)


def _disagreement(audit: Audit | None) -> Iterator[Problem]:
    count = len(audit.differences) if audit else 0
    if count:
        words = f"The last audit found {count} difference{'' if count == 1 else 's'}"
        yield Problem(f"{words} from the ledger.", "See books", part="books-title", bad=True)


def _waiting(standing: Standing) -> Iterator[Problem]:
    wait = standing.oldest_wait
    if wait is not None and wait.total_seconds() > LONG_QUEUE_S:
        seconds = int(wait.total_seconds())
        yield Problem(f"A run that a worker could take has waited for {seconds} s.")


def _left_alone(models: Sequence[ModelState]) -> Iterator[Problem]:
    for model in models:
        instead = f" “{model.fallback}” is called instead." if model.fallback else ""
        if model.is_shut_down:
            words = f"“{model.model}” isn’t called any more. {model.words}.{instead}"
            yield Problem(words, "See models", part="models-title")
        elif model.is_held_back:
            words = f"“{model.model}” isn’t called for now: {model.why}{instead}"
            yield Problem(words, "See models", part="models-title")


def _ending(models: Sequence[ModelState]) -> Iterator[Problem]:
    for model in models:
        if model.shutdown_on and model.is_ending and not model.is_shut_down:
            words = f"“{model.model}” will be shut down on {in_words(model.shutdown_on)}."
            yield Problem(words, "See models", part="models-title")


def _used_up(budgets: Sequence[dict[str, Any]]) -> Iterator[Problem]:
    for row in budgets:
        many = row["count"] != 1
        period = PERIODS[row["period"]]
        what = f"{row['count']} {period} hard budgets" if many else f"A {period} hard budget"
        words = f"{what} {WHOSE[row['scope']][many]} {'are' if many else 'is'} full."
        yield Problem(words, "See budgets", "billing:budgets", bad=row["scope"] == "site")


def _in_doubt(doubts: Doubts) -> Iterator[Problem]:
    if doubts.is_much:
        usd = doubts.simulated_usd if settings.SIMULATED else doubts.real_usd
        words = f"{dollars(usd)} is in doubt, more than alerts of this site begin at."
        yield Problem(words, "See money in doubt", part="doubt-title")


def _overruns(rows: Sequence[dict[str, Any]]) -> Iterator[Problem]:
    for row in rows:
        yield Problem(
            f"“{row['model']}” ignored its output cap. It is not called under a hard limit."
            if row["ignores_cap"]
            else f"A call of “{row['model']}” cost more than was held for it. More is held now."
        )
