"""One user as staff see them: sums of the month, runs under way, newest runs, what stops them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum, Window

from accounts.models import User
from billing.selectors.budgets import BudgetState, budgets_of, states
from billing.selectors.pace import with_pace
from billing.selectors.spend import spend_by
from runs.models import KillSwitch, Run
from runs.selectors.kill_switches import switches_on

ACTIVE_SHOWN = 50
NEWEST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class UserState:
    """What a user has spent this month (UTC) in one kind of dollars, has under way and did last."""

    spent_usd: Decimal
    held_usd: Decimal
    runs: int
    calls: int
    budgets: Sequence[BudgetState]
    active: Sequence[Run]
    active_count: int
    newest: Sequence[Run]
    switches: Sequence[KillSwitch]


def user_state(user: User, today: date, *, simulated: bool) -> UserState:
    """All of it, in a constant number of queries."""
    sums = spend_by((), first=today.replace(day=1), last=today, owner=user)
    spent = next((row for row in sums if row["simulated"] == simulated), None)
    theirs = Run.objects.visible_to(user)
    active = list(_active(user, simulated=simulated)[:ACTIVE_SHOWN])
    newest = theirs.filter(simulated=simulated).select_related("worker").order_by("-pk")
    return UserState(
        spent_usd=spent["cost_usd"] if spent else Decimal(0),
        held_usd=(active[0].all_held_usd if active else None) or Decimal(0),
        runs=spent["charged_runs"] if spent else 0,
        calls=spent["llm_calls"] if spent else 0,
        budgets=with_pace(states(budgets_of(user), simulated=simulated)),
        active=active,
        active_count=active[0].all_count if active else 0,
        newest=list(newest[:NEWEST_SHOWN]),
        switches=[one for one in switches_on() if stops(one, user)],
    )


def _active(user: User, *, simulated: bool) -> QuerySet[Any]:
    """The runs under way, each with how many there are in all and what they hold."""
    runs = Run.objects.visible_to(user).active().select_related("worker").order_by("pk")
    return runs.annotate(
        all_count=Window(Count("pk")),
        all_held_usd=Window(Sum("held_usd", filter=Q(simulated=simulated))),
    )


def stops(switch: KillSwitch, user: User) -> bool:
    """True where a pulled switch refuses all runs of the user."""
    return switch.scope == KillSwitch.Scope.SITE or switch.user_id == user.pk
