"""The state of the site for operators: spend, runs, queue, workers and money in doubt."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum

from accounts.models import User
from billing.models import Audit, Confidence, LedgerEntry, UsageRollup
from billing.selectors.audit import latest_audit
from runs.models import Run, Step, Worker
from runs.states import ACTIVE, EXECUTING, Status

SHOWN = 50
LATE = timedelta(seconds=5)
GONE = timedelta(seconds=15)
RECENTLY = timedelta(hours=1)
LONG_QUEUE = timedelta(seconds=60)


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
    oldest_wait: timedelta | None
    workers: Sequence[WorkerState]
    users: Sequence[UserSpend]
    user_count: int
    in_doubt: Doubts
    audit: Audit | None
    problems: list[str] = field(default_factory=list)

    @property
    def taking(self) -> int:
        """Workers that claim runs."""
        return sum(state.alive for state in self.workers)

    @property
    def slots(self) -> int:
        """Runs that they can execute at once."""
        return sum(state.worker.capacity for state in self.workers if state.alive)


def _now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def _since(moment: datetime, now: datetime) -> timedelta:
    """How long ago; rows may be a little newer than `now`, which was read before them."""
    return max(now - moment, timedelta(0))


def _workers(now: datetime) -> list[WorkerState]:
    """Live workers, and those that ended within the last hour."""
    rows: Any = (
        Worker.objects.filter(Q(ended_at=None) | Q(ended_at__gt=now - RECENTLY))
        .annotate(executing=Count("runs", filter=Q(runs__status__in=EXECUTING)))
        .order_by(F("ended_at").desc(nulls_first=True), "name")[:SHOWN]
    )
    return [WorkerState(row, row.executing, _since(row.seen_at, now)) for row in rows]


def _spends(month: date) -> list[UserSpend]:
    """Everyone who spent this month or has active runs, dearest first. Two queries."""
    spends: dict[int, UserSpend] = {}
    sums = (
        UsageRollup.objects.filter(day__gte=month)
        .values("owner_id", "simulated")
        .annotate(amount=Sum("amount"), calls=Sum("calls"))
    )
    for row in sums:
        spend = spends.setdefault(row["owner_id"], UserSpend(row["owner_id"]))
        spend.calls += row["calls"]
        if row["simulated"]:
            spend.simulated_usd += row["amount"]
        else:
            spend.spent_usd += row["amount"]
    runs = (
        Run.objects.filter(Q(created_at__date__gte=month) | Q(status__in=ACTIVE))
        .order_by()
        .values("owner_id")
        .annotate(
            active=Count("pk", filter=Q(status__in=ACTIVE)),
            held=Sum("held_usd", filter=Q(simulated=False), default=Decimal(0)),
            held_simulated=Sum("held_usd", filter=Q(simulated=True), default=Decimal(0)),
            last=Max("created_at"),
        )
    )
    for last in runs:
        spend = spends.setdefault(last["owner_id"], UserSpend(last["owner_id"]))
        spend.active, spend.last_run_at = last["active"], last["last"]
        spend.held_usd, spend.simulated_held_usd = last["held"], last["held_simulated"]
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
    return LedgerEntry.objects.select_related("owner").filter(
        confidence=Confidence.IN_DOUBT, reverses=None, reversed_by=None
    )


def with_reasons(entries: Sequence[LedgerEntry]) -> list[OpenDoubt]:
    """The lines with what their steps say; one query."""
    steps = Step.objects.filter(hold_id__in=[entry.hold_id for entry in entries])
    why = dict(steps.values_list("hold_id", "error__message"))
    return [OpenDoubt(entry, why.get(entry.hold_id) or "") for entry in entries]


def _in_doubt() -> Doubts:
    sums = open_lines().aggregate(
        real=Sum("amount", filter=Q(simulated=False), default=Decimal(0)),
        unreal=Sum("amount", filter=Q(simulated=True), default=Decimal(0)),
        count=Count("pk"),
    )
    newest = list(open_lines().order_by("-id")[:SHOWN])
    return Doubts(with_reasons(newest), sums["real"], sums["unreal"], sums["count"])


def _problems(workers: Sequence[WorkerState], oldest_wait: timedelta | None) -> list[str]:
    gone = [state.worker.name for state in workers if state.lamp == "lamp-bad"]
    problems = [f"Worker {name} has sent no heartbeat for over 15 s." for name in gone]
    if not any(state.alive for state in workers):
        problems.append("No worker is alive: queued runs wait.")
    if oldest_wait is not None and oldest_wait > LONG_QUEUE:
        problems.append(
            f"The oldest queued run has waited for {int(oldest_wait.total_seconds())} s."
        )
    return problems


def _disagreement(audit: Audit | None) -> list[str]:
    count = len(audit.differences) if audit else 0
    if not count:
        return []
    return [f"The last audit found {count} difference{'' if count == 1 else 's'} from the ledger."]


def site_state() -> SiteState:
    """Everything on the page, in a constant number of queries."""
    now = _now()
    month = now.date().replace(day=1)
    executing = Run.objects.filter(status__in=EXECUTING)
    counts = Run.objects.filter(status__in=ACTIVE).aggregate(
        running=Count("pk", filter=Q(status__in=EXECUTING)),
        queued=Count("pk", filter=Q(status=Status.QUEUED)),
        oldest=Min("created_at", filter=Q(status=Status.QUEUED)),
    )
    spends = _spends(month)
    workers = _workers(now)
    audit = latest_audit()
    oldest_wait = _since(counts["oldest"], now) if counts["oldest"] else None
    return SiteState(
        now=now,
        month=month,
        spent_usd=sum((spend.spent_usd for spend in spends), Decimal(0)),
        simulated_usd=sum((spend.simulated_usd for spend in spends), Decimal(0)),
        held_usd=sum((spend.held_usd for spend in spends), Decimal(0)),
        simulated_held_usd=sum((spend.simulated_held_usd for spend in spends), Decimal(0)),
        running=list(executing.select_related("owner", "worker").order_by("started_at")[:SHOWN]),
        running_count=counts["running"],
        queued_count=counts["queued"],
        oldest_wait=oldest_wait,
        workers=workers,
        users=_named(spends),
        user_count=len(spends),
        in_doubt=_in_doubt(),
        audit=audit,
        problems=[*_problems(workers, oldest_wait), *_disagreement(audit)],
    )
