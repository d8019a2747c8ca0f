"""The state of the site for operators: spend, runs, queue, workers, models, money in doubt."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum, Window
from django.db.models.functions import Coalesce

from accounts.models import User
from billing.models import Audit, LedgerEntry, ModelSafety, UsageRollup
from billing.models.ledger import IN_DOUBT
from billing.selectors.audit import latest_audit
from runs.catalogue.states import ModelState, model_states
from runs.models import IntakeChange, Run, Step, Worker
from runs.selectors.forecasts import Record, forecast_record
from runs.selectors.intake import latest_word
from runs.selectors.kill_switches import switches_on
from runs.selectors.queue import longest_wait
from runs.states import AWAITING, EXECUTING, Status
from web.database_clock import database_time

SHOWN = 50
LATE = timedelta(seconds=5)
GONE = timedelta(seconds=15)
RECENTLY = timedelta(hours=1)
LONG_QUEUE = timedelta(seconds=60)
# Of lines in doubt; a sum of none is None.
OPEN_SUMS = {
    "real": Sum("amount", filter=Q(simulated=False)),
    "unreal": Sum("amount", filter=Q(simulated=True)),
    "count": Count("pk"),
}


@dataclass(frozen=True, slots=True)
class WorkerState:
    """A worker and the age of its last heartbeat."""

    worker: Worker
    runs: int
    age: timedelta

    @property
    def lamp(self) -> str:
        """Its lamp’s class: none is green, amber after 5 s, red after 15 s, off when ended."""
        if self.worker.ended_at is not None:
            return "lamp-off"
        if self.age > GONE:
            return "lamp-bad"
        return "lamp-warn" if self.age > LATE else ""

    @property
    def alive(self) -> bool:
        """True while its heartbeat is not more than late."""
        return self.lamp in ("", "lamp-warn")

    @property
    def words(self) -> str:
        """Its state in words, since colour alone says nothing."""
        names = {"lamp-off": "Stopped", "lamp-bad": "Gone", "lamp-warn": "Late"}
        return names.get(self.lamp, "Working" if self.runs else "Ready")


@dataclass(slots=True)
class UserSpend:
    """One user's month. Dollars; simulated ones apart."""

    owner_id: int
    user: User | None = None
    spent_usd: Decimal = Decimal(0)
    simulated_usd: Decimal = Decimal(0)
    held_usd: Decimal = Decimal(0)
    simulated_held_usd: Decimal = Decimal(0)
    calls: int = 0
    active: int = 0
    last_run_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OpenDoubt:
    """A charge that nothing has replaced, and why its call's outcome is not known."""

    entry: LedgerEntry
    why: str


@dataclass(frozen=True, slots=True)
class Doubts:
    """Charges in doubt that no known cost has replaced: the newest ones, and the sums of all."""

    newest: Sequence[OpenDoubt]
    real_usd: Decimal
    simulated_usd: Decimal
    count: int


@dataclass(frozen=True, slots=True)
class SiteState:
    """What the page shows, read at `now`, the database's time."""

    now: datetime
    month: date
    spent_usd: Decimal
    simulated_usd: Decimal
    held_usd: Decimal
    simulated_held_usd: Decimal
    running: Sequence[Run]
    running_count: int
    queued_count: int
    waiting_count: int
    oldest_wait: timedelta | None
    workers: Sequence[WorkerState]
    users: Sequence[UserSpend]
    user_count: int
    in_doubt: Doubts
    audit: Audit | None
    models: Sequence[ModelState]
    intake: IntakeChange | None
    forecasts: Sequence[Record] = ()
    problems: list[str] = field(default_factory=list)

    @property
    def taking(self) -> int:
        """Workers that claim runs."""
        return sum(state.alive for state in self.workers)

    @property
    def slots(self) -> int:
        """Runs that they can execute at once."""
        return sum(state.worker.capacity for state in self.workers if state.alive)


def _since(moment: datetime, now: datetime) -> timedelta:
    """How long ago; rows may be a little newer than `now`, which was read before them."""
    return max(now - moment, timedelta(0))


def _workers(now: datetime) -> list[WorkerState]:
    """Live workers, and those that ended within the last hour."""
    executing = Run.objects.filter(worker=OuterRef("pk"), status__in=EXECUTING).order_by()
    counts = executing.values("worker").annotate(count=Count("pk")).values("count")
    rows: Any = (
        Worker.objects.filter(Q(ended_at=None) | Q(ended_at__gt=now - RECENTLY))
        .annotate(executing=Coalesce(Subquery(counts), 0))
        .order_by(F("ended_at").desc(nulls_first=True), "name")[:SHOWN]
    )
    return [WorkerState(row, row.executing, _since(row.seen_at, now)) for row in rows]


def _active() -> list[dict[str, Any]]:
    """Runs that have not ended and the money that they hold, by owner; one query."""
    rows = (
        Run.objects.active()
        .order_by()
        .values("owner_id")
        .annotate(
            running=Count("pk", filter=Q(status__in=EXECUTING)),
            queued=Count("pk", filter=Q(status=Status.QUEUED)),
            waiting=Count("pk", filter=Q(status__in=AWAITING)),
            held=Sum("held_usd", filter=Q(simulated=False), default=Decimal(0)),
            held_simulated=Sum("held_usd", filter=Q(simulated=True), default=Decimal(0)),
        )
    )
    return [dict(row) for row in rows]


def _last_runs() -> dict[int, datetime]:
    """When each user submitted last: one look into an index a user, however many runs."""
    newest = Run.objects.filter(owner=OuterRef("pk")).order_by("-id").values("created_at")[:1]
    users = User.objects.annotate(last=Subquery(newest)).values_list("pk", "last")
    return {owner_id: last for owner_id, last in users if last is not None}


def _spends(month: date, active: Sequence[dict[str, Any]]) -> list[UserSpend]:
    """Everyone who spent or submitted this month or has active runs, dearest first."""
    spends: dict[int, UserSpend] = {}

    def of(owner_id: int) -> UserSpend:
        return spends.setdefault(owner_id, UserSpend(owner_id))

    sums = (
        UsageRollup.objects.filter(day__gte=month)
        .values("owner_id", "simulated")
        .annotate(amount=Sum("amount"), calls=Sum("calls"))
    )
    for row in sums:
        spend = of(row["owner_id"])
        spend.calls += row["calls"]
        if row["simulated"]:
            spend.simulated_usd += row["amount"]
        else:
            spend.spent_usd += row["amount"]
    for runs in active:
        spend = of(runs["owner_id"])
        spend.active = runs["running"] + runs["queued"] + runs["waiting"]
        spend.held_usd, spend.simulated_held_usd = runs["held"], runs["held_simulated"]
    for owner_id, last in _last_runs().items():
        if owner_id in spends or last.date() >= month:
            of(owner_id).last_run_at = last
    return sorted(spends.values(), key=lambda s: (-s.spent_usd, -s.simulated_usd, s.owner_id))


def _named(spends: list[UserSpend]) -> list[UserSpend]:
    """The dearest users with their names."""
    shown = spends[:SHOWN]
    users = User.objects.in_bulk([spend.owner_id for spend in shown])
    for spend in shown:
        spend.user = users[spend.owner_id]
    return shown


def open_lines() -> QuerySet[LedgerEntry]:
    """Charges whose call's outcome is unknown and that no known cost has replaced."""
    return LedgerEntry.objects.filter(IN_DOUBT).select_related("owner")


def with_reasons(entries: Sequence[LedgerEntry]) -> list[OpenDoubt]:
    """The lines with what their steps say; one query, by run: steps have no index on holds."""
    steps = Step.objects.filter(
        run_id__in=[entry.run_id for entry in entries],
        hold_id__in=[entry.hold_id for entry in entries],
    )
    why = dict(steps.values_list("hold_id", "error"))
    return [
        OpenDoubt(entry, (why.get(entry.hold_id) or {}).get("message", "")) for entry in entries
    ]


def open_sums() -> dict[str, Any]:
    """The `real` and `unreal` dollars of these lines, and their `count`; one query."""
    return {name: total or 0 for name, total in open_lines().aggregate(**OPEN_SUMS).items()}


def _in_doubt() -> Doubts:
    """The newest, and the sums of all; one query."""
    totals = {name: Window(total) for name, total in OPEN_SUMS.items()}
    newest: Any = list(open_lines().annotate(**totals).order_by("-id")[:SHOWN])
    real, unreal, count = (
        (getattr(newest[0], name) or 0 for name in totals) if newest else (0, 0, 0)
    )
    return Doubts(with_reasons(newest), Decimal(real), Decimal(unreal), count)


def _paused(intake: IntakeChange | None) -> list[str]:
    return [f"New runs are paused: {intake.reason}"] if intake and intake.paused else []


def _stopped() -> list[str]:
    return [f"Kill switch {switch.pk} is on: {switch.reason}" for switch in switches_on()]


def _problems(workers: Sequence[WorkerState], oldest_wait: timedelta | None) -> list[str]:
    gone = [state.worker.name for state in workers if state.lamp == "lamp-bad"]
    problems = [f"Worker {name} has sent no heartbeat for over 15 s." for name in gone]
    if not any(state.alive for state in workers):
        problems.append("No worker is alive: queued runs wait.")
    if oldest_wait is not None and oldest_wait > LONG_QUEUE:
        problems.append(
            f"A run that a worker could take has waited for {int(oldest_wait.total_seconds())} s."
        )
    return problems


def _disagreement(audit: Audit | None) -> list[str]:
    count = len(audit.differences) if audit else 0
    if not count:
        return []
    return [f"The last audit found {count} difference{'' if count == 1 else 's'} from the ledger."]


def _overruns(now: datetime) -> list[str]:
    """Models whose calls cost more than was held, or ignored their cap, within a day."""
    lately = ModelSafety.objects.filter(last_at__gt=now - timedelta(days=1))
    return [
        f"“{row.model}” ignored its output cap. It is not called under a hard limit."
        if row.ignores_cap
        else f"A call of “{row.model}” cost more than was held for it. More is held now."
        for row in lately.filter(Q(overruns__gt=0) | Q(ignores_cap=True))
    ]


def _left_alone(models: Sequence[ModelState]) -> list[str]:
    return [f"{why}{_instead(model)}" for model in models if (why := _why_left_alone(model))]


def _why_left_alone(model: ModelState) -> str:
    if model.is_shut_down:
        return f"“{model.model}” isn’t called any more. {model.words}."
    if model.state in (None, "closed"):
        return ""
    return f"“{model.model}” isn’t called for now: {model.why}"


def _instead(model: ModelState) -> str:
    return f" “{model.fallback}” is called instead." if model.fallback else ""


def site_state() -> SiteState:
    """Everything on the page, in a constant number of queries."""
    now = database_time()
    month = now.date().replace(day=1)
    executing = Run.objects.filter(status__in=EXECUTING)
    active = _active()
    spends = _spends(month, active)
    workers = _workers(now)
    audit = latest_audit()
    models = model_states()
    intake = latest_word()
    oldest_wait = longest_wait()
    return SiteState(
        now=now,
        month=month,
        spent_usd=sum((spend.spent_usd for spend in spends), Decimal(0)),
        simulated_usd=sum((spend.simulated_usd for spend in spends), Decimal(0)),
        held_usd=sum((spend.held_usd for spend in spends), Decimal(0)),
        simulated_held_usd=sum((spend.simulated_held_usd for spend in spends), Decimal(0)),
        running=list(executing.select_related("owner", "worker").order_by("started_at")[:SHOWN]),
        running_count=sum(row["running"] for row in active),
        queued_count=sum(row["queued"] for row in active),
        waiting_count=sum(row["waiting"] for row in active),
        oldest_wait=oldest_wait,
        workers=workers,
        users=_named(spends),
        user_count=len(spends),
        in_doubt=_in_doubt(),
        audit=audit,
        models=models,
        intake=intake,
        forecasts=forecast_record(),
        problems=[
            *_paused(intake),
            *_stopped(),
            *_problems(workers, oldest_wait),
            *_left_alone(models),
            *_disagreement(audit),
            *_overruns(now),
        ],
    )
