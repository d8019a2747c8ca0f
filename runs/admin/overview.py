"""The figures on the first page of the admin, all from Postgres. Operations has them live."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Now
from django.http import HttpRequest

from accounts.audit.presenter import changes
from accounts.audit.selectors import Named, Wanted, entries, page_of
from billing.models import Audit, LedgerEntry
from billing.models.ledger import IN_DOUBT
from billing.selectors.audit import latest_audit
from billing.selectors.spend import spent_since
from runs.alert_models import Alert
from runs.alerts.wording import words_of
from runs.models import Run, Worker
from runs.selectors.intake import pause
from runs.selectors.kill_switches import switches_on
from runs.states import AWAITING, EXECUTING, Status
from web.database_clock import database_time

LATEST, LATEST_ALERTS = 8, 5
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Money:
    """Dollars, and those of the simulator apart."""

    real: Decimal
    simulated: Decimal


@dataclass(frozen=True, slots=True)
class Figures:
    """What an operator looks at first; `spent` is that of the month (UTC)."""

    spent: Money
    held: Money
    in_doubt: Money
    in_doubt_count: int
    executing: int
    queued: int
    waiting: int
    workers: int
    slots: int
    audit: Audit | None
    problems: list[str]


def add_figures(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What an operator needs to know: figures, alerts, and what people did."""
    latest, _ = page_of(entries(Wanted()), None)
    return {
        **context,
        "title": "Overview",
        "figures": figures(),
        "alerts": [
            {"words": words_of(alert.kind, alert.data), "at": alert.created_at}
            for alert in Alert.objects.of_site()[:LATEST_ALERTS]
        ],
        "latest": [_told(named) for named in latest[:LATEST]],
    }


def _told(named: Named) -> dict[str, Any]:
    entry = named.entry
    whom = named.user if named.user != named.actor else ""
    about = " · ".join(filter(None, (whom, named.token or entry.about)))
    changed = ", ".join(changes(entry.before, entry.after, named.tokens))
    return {"entry": entry, "actor": named.actor or "The site", "about": about, "what": changed}


def figures() -> Figures:
    """All of them, in a fixed number of queries."""
    month = database_time().date().replace(day=1)
    active = Run.objects.active().order_by()
    states = active.aggregate(
        executing=Count("pk", filter=Q(status__in=EXECUTING)),
        queued=Count("pk", filter=Q(status=Status.QUEUED)),
        waiting=Count("pk", filter=Q(status__in=AWAITING)),
        real=_sum("held_usd", simulated=False),
        simulated=_sum("held_usd", simulated=True),
    )
    alive = Worker.objects.filter(ended_at=None, expires_at__gt=Now())
    workers = alive.aggregate(count=Count("pk"), slots=Sum("capacity", default=0))
    doubts = LedgerEntry.objects.filter(IN_DOUBT)
    audit = latest_audit()
    return Figures(
        spent=Money(*spent_since(month)),
        held=Money(states["real"], states["simulated"]),
        in_doubt=_money(doubts, "amount"),
        in_doubt_count=doubts.count(),
        executing=states["executing"],
        queued=states["queued"],
        waiting=states["waiting"],
        workers=workers["count"],
        slots=workers["slots"],
        audit=audit,
        problems=_problems(workers["count"], audit),
    )


def _sum(field: str, *, simulated: bool) -> Sum:
    return Sum(field, filter=Q(simulated=simulated), default=NOTHING)


def _money(rows: QuerySet[Any], field: str) -> Money:
    sums = rows.order_by().aggregate(
        real=_sum(field, simulated=False), unreal=_sum(field, simulated=True)
    )
    return Money(sums["real"], sums["unreal"])


def _problems(workers: int, audit: Audit | None) -> list[str]:
    paused = pause()
    found = [f"New runs are paused: {paused.reason}"] if paused else []
    found += [f"Kill switch {switch.pk} is on: {switch.reason}" for switch in switches_on()]
    if not workers:
        found.append("No worker is alive: queued runs wait.")
    if audit and audit.differences:
        found.append("The last audit found that the books differ from the ledger.")
    return found
