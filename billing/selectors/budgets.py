"""Budgets with the figures of their present windows."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db.models import F, Func, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Now

from accounts.models import User
from billing.functions import Payer, PeriodEnd, PeriodStart, counts
from billing.models import Budget, BudgetWindow, money_field
from billing.money import FULL, left_of
from billing.refusals import Refusal

# What a budget's present figures are called in a query, by whether their dollars are simulated.
FIGURES = {False: "real_figures", True: "simulated_figures"}
# Hard budgets that are full in their present window, in one kind of dollars, counted by scope and
# period. Their newest window is their present one, if any is.
FULL_BUDGETS = f"""
    SELECT b.scope, b.period, count(*) AS count
    FROM billing_budget b CROSS JOIN LATERAL (
        SELECT * FROM billing_budgetwindow w
        WHERE w.budget_id = b.id AND w.simulated = %s
        ORDER BY w.starts_at DESC LIMIT 1
    ) w
    WHERE b.hard AND (w.ends_at IS NULL OR w.ends_at > now())
        AND w.settled_usd + w.held_usd >= {FULL} * w.limit_usd
    GROUP BY b.scope, b.period ORDER BY b.scope, b.period
"""  # noqa: S608 - our own constant


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a budget empties: dollars a minute of late, and when nothing would be left."""

    usd_a_minute: Decimal
    minutes_left: Decimal


@dataclass(frozen=True, slots=True)
class BudgetState:
    """A budget in one of its periods; US dollars.

    Real and simulated dollars are counted apart, each against the same limit.
    `window_id` is None while nothing was held in the period; `resets_at` is None for a total.
    `pace` is None unless it was asked for (`with_pace`), and the budget empties before its reset.
    """

    budget: Budget
    window_id: int | None
    limit_usd: Decimal
    settled_usd: Decimal
    held_usd: Decimal
    overrun_usd: Decimal
    starts_at: datetime
    resets_at: datetime | None
    simulated: bool
    pace: Pace | None = None

    @property
    def remaining_usd(self) -> Decimal:
        """What is neither settled nor held; never below zero."""
        return left_of(self.limit_usd, self.settled_usd, self.held_usd)

    @property
    def raised(self) -> bool:
        """Whether more may be spent in this period than the budget's own limit."""
        own_limit_usd: Decimal = self.budget.limit_usd
        return self.limit_usd > own_limit_usd

    @property
    def over_usd(self) -> Decimal:
        """What is settled and held beyond the limit, so that all adds up to it; else zero."""
        return min(Decimal(0), self.limit_usd - self.settled_usd - self.held_usd)


def applying(user_id: int, api_token_id: UUID | None) -> QuerySet[Budget]:
    """The budgets that count a call of this user by this token."""
    payer = Payer(user_id, api_token_id, settings.SIMULATED)
    return Budget.objects.filter(counts(payer))


def listed_budgets() -> QuerySet[Budget]:
    """All but those of revoked tokens, which bind only what these submitted before."""
    return Budget.objects.filter(api_token__revoked_at=None)


def budgets_of(user: User) -> QuerySet[Budget]:
    """The site's, the user's and those of all the user's tokens that aren't revoked."""
    return listed_budgets().filter(
        Q(scope=Budget.Scope.SITE) | Q(user=user) | Q(api_token__user=user)
    )


def budgets_that_apply(user: User, api_token_id: UUID | None = None) -> list[BudgetState]:
    """The site's, the user's and the token's budgets; without a token, those of all the user's."""
    return states(applying(user.pk, api_token_id) if api_token_id else budgets_of(user))


def states(budgets: QuerySet[Budget], *, simulated: bool | None = None) -> list[BudgetState]:
    """Budgets with their present figures, of this site's kind of dollars, in one query."""
    kind = settings.SIMULATED if simulated is None else simulated
    return states_by_kind(budgets, {kind})[kind]


def states_by_kind(
    budgets: QuerySet[Budget], kinds: Collection[bool]
) -> dict[bool, list[BudgetState]]:
    """The same of several kinds of dollars, simulated (True) and real ones, in one query."""
    rows = list(
        budgets.select_related("user", "api_token__user")
        .annotate(
            starts_at=PeriodStart("period", "timezone", Now())
        )
        .annotate(
            ends_at=PeriodEnd("period", "timezone", F("starts_at")),
            **{FIGURES[kind]: _figures(simulated=kind) for kind in kinds},
        )
    )  # fmt: skip
    return {kind: [_state(row, kind) for row in rows] for kind in kinds}


def _figures(*, simulated: bool) -> Subquery:
    windows = BudgetWindow.objects.filter(
        budget=OuterRef("pk"), simulated=simulated, starts_at=OuterRef("starts_at")
    )
    figures = windows.annotate(
        figures=Func(
            "pk", "limit_usd", "settled_usd", "held_usd", "overrun_usd",
            template="ARRAY[%(expressions)s]", output_field=ArrayField(money_field()),
        )
    )  # fmt: skip
    return Subquery(figures.values("figures"))


def _state(row: "Budget", simulated: bool) -> BudgetState:
    zero = Decimal(0)
    known = getattr(row, FIGURES[simulated]) or [None, row.limit_usd, zero, zero, zero]
    window_id, limit, settled, held, overrun = known
    return BudgetState(
        budget=row,
        window_id=window_id and int(window_id),
        limit_usd=limit,
        settled_usd=settled,
        held_usd=held,
        overrun_usd=overrun,
        starts_at=row.starts_at,  # type: ignore[attr-defined]
        resets_at=row.ends_at,  # type: ignore[attr-defined]
        simulated=simulated,
    )


def window_states(window_ids: Iterable[int]) -> list[BudgetState]:
    """The figures of these windows, present or past, in one query."""
    windows = BudgetWindow.objects.filter(pk__in=window_ids).order_by("budget__scope", "pk")
    return [
        BudgetState(
            budget=window.budget,
            window_id=window.pk,
            limit_usd=window.limit_usd,
            settled_usd=window.settled_usd,
            held_usd=window.held_usd,
            overrun_usd=window.overrun_usd,
            starts_at=window.starts_at,
            resets_at=window.ends_at,
            simulated=window.simulated,
        )
        for window in windows.select_related("budget__user", "budget__api_token__user")
    ]


def tightest(found: Iterable[BudgetState]) -> BudgetState | None:
    """The hard budget with the least left; None when no hard one is there."""
    hard = [state for state in found if state.budget.hard]
    return min(hard, key=lambda state: state.remaining_usd, default=None)


def tightest_of_all_calls(found: Iterable[BudgetState]) -> BudgetState | None:
    """The same of those budgets that count whichever token a call comes with."""
    return tightest(state for state in found if state.budget.scope != Budget.Scope.TOKEN)


def refusing_state(refusal: Refusal) -> BudgetState | None:
    """The budget that refused, with its figures of then; None when it is gone."""
    if refusal.budget is None:
        return None
    found = states(Budget.objects.filter(pk=UUID(refusal.budget)))
    if not found:
        return None
    return replace(
        found[0],
        limit_usd=Decimal(refusal.limit_usd),
        settled_usd=Decimal(refusal.settled_usd),
        held_usd=Decimal(refusal.held_usd),
    )
