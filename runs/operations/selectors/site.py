"""The state of the site for operators: spend, runs, queue, workers, models, money in doubt."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from billing.models import Audit
from billing.selectors.spend import spent_since
from runs.catalogue.states import ModelState, model_states
from runs.models import IntakeChange, Run
from runs.operations.selectors.doubts import Doubts, doubts
from runs.operations.selectors.people import EVERYONE, People, Wanted, people
from runs.operations.selectors.problems import Problem, problems
from runs.operations.selectors.standing import Standing, standing
from runs.operations.selectors.workers import WorkerState, worker_states
from runs.states import EXECUTING

SHOWN = 50


@dataclass(frozen=True, slots=True)
class SiteState:
    """What is the case at `now`, the database's time; lists are cut, counts are of all."""

    standing: Standing
    spent_usd: Decimal
    simulated_usd: Decimal
    running: Sequence[Run]
    workers: Sequence[WorkerState]
    in_doubt: Doubts
    models: Sequence[ModelState]
    problems: Sequence[Problem]
    people: People | None = None

    @property
    def now(self) -> datetime:
        """When all of this was so."""
        return self.standing.now

    @property
    def month(self) -> date:
        """The first day of this month, in UTC."""
        return self.now.date().replace(day=1)

    @property
    def held_usd(self) -> Decimal:
        """Real dollars that runs hold."""
        return self.standing.counts.held_usd

    @property
    def simulated_held_usd(self) -> Decimal:
        """Simulated dollars that runs hold."""
        return self.standing.counts.simulated_held_usd

    @property
    def running_count(self) -> int:
        """Runs that execute."""
        return self.standing.counts.running

    @property
    def queued_count(self) -> int:
        """Runs that wait for a worker or for money."""
        return self.standing.counts.queued

    @property
    def waiting_count(self) -> int:
        """Runs that wait for a person."""
        return self.standing.counts.waiting

    @property
    def oldest_wait(self) -> timedelta | None:
        """Of a run that a worker could take."""
        return self.standing.oldest_wait

    @property
    def audit(self) -> Audit | None:
        """The last one."""
        return self.standing.audit

    @property
    def intake(self) -> IntakeChange | None:
        """Staff's newest word on new runs."""
        return self.standing.intake

    @property
    def taking(self) -> int:
        """Workers that claim runs."""
        return sum(state.alive for state in self.workers)

    @property
    def slots(self) -> int:
        """Runs that they can execute at once."""
        return sum(state.worker.capacity for state in self.workers if state.alive)


def present_state() -> SiteState:
    """The site without its users, in a constant number of queries."""
    now = standing()
    real, unreal = spent_since(now.now.date().replace(day=1))
    return _state(now, spent_usd=real, simulated_usd=unreal)


def site_state(wanted: Wanted = EVERYONE) -> SiteState:
    """The site and some of its users, in a constant number of queries."""
    now = standing()
    found = people(now.now.date(), wanted)
    state = _state(now, spent_usd=found.spent_usd, simulated_usd=found.simulated_usd)
    return replace(state, people=found)


def _state(now: Standing, *, spent_usd: Decimal, simulated_usd: Decimal) -> SiteState:
    workers, models, in_doubt = worker_states(now.now), model_states(), doubts(now.now)
    executing = Run.objects.filter(status__in=EXECUTING)
    return SiteState(
        standing=now,
        spent_usd=spent_usd,
        simulated_usd=simulated_usd,
        running=list(executing.select_related("owner", "worker").order_by("started_at")[:SHOWN]),
        workers=workers,
        in_doubt=in_doubt,
        models=models,
        problems=problems(now, workers=workers, models=models, doubts=in_doubt),
    )
