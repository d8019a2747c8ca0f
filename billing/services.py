"""Setting budgets, and recording audits. Money itself moves only in the SQL functions."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Max, Q, QuerySet, When
from django.db.models.functions import Least, Now

from accounts.audit.record import record
from accounts.audit_models import Action
from accounts.models import ApiToken, User
from accounts.services import create_token
from billing import functions
from billing.errors import InvalidBudget
from billing.models import Audit, Budget, BudgetWindow, LedgerEntry
from billing.money import format_usd, fraction_digits
from billing.selectors.audit import Difference, ledger_differences
from billing.statements import run
from billing.zones import zone_names
from web.wording import dollars

MAX_LIMIT_USD = Decimal(10_000_000)
DIGITS = 12


@transaction.atomic
def create_budget(
    *,
    scope: str,
    period: str,
    limit_usd: Decimal,
    timezone: str = "UTC",
    hard: bool = True,
    user: User | None = None,
    api_token: ApiToken | None = None,
) -> Budget:
    """Set a budget. What was spent and what is held in its present period counts from the start.

    Takes the budgets lock alone: for a moment no money moves. Raises `InvalidBudget`.
    """
    check_budget(
        scope=scope, limit_usd=limit_usd, timezone=timezone, user=user, api_token=api_token
    )
    run(functions.lock_budgets())
    budget = Budget.objects.create(
        scope=scope,
        period=period,
        limit_usd=limit_usd,
        timezone=timezone,
        hard=hard,
        user=user,
        api_token=api_token,
    )
    for simulated in (False, True):
        run(functions.open_first_window(budget_id=budget.pk, simulated=simulated))
    return budget


@dataclass(frozen=True, slots=True)
class TokenBudget:
    """What a new token may spend."""

    limit_usd: Decimal
    period: str


@transaction.atomic
def create_budgeted_token(*, budget: TokenBudget | None, **token: Any) -> tuple[ApiToken, str]:
    """Create a token, as `accounts.services.create_token` does, with a hard budget or without one.

    It has the budget from its first moment on. Raises what that does, and `InvalidBudget`.
    """
    created, key = create_token(**token)
    if budget is not None:
        create_budget(
            scope=Budget.Scope.TOKEN,
            period=budget.period,
            limit_usd=budget.limit_usd,
            api_token=created,
        )
    return created, key


@transaction.atomic
def change_budget(
    *, budget: Budget, limit_usd: Decimal | None = None, hard: bool | None = None
) -> Budget:
    """Change the limit, or whether it is hard, from the present period on.

    A new limit ends a raise. One below what is settled is allowed: nothing more is held until the
    next period. Raises `Budget.DoesNotExist` when the budget was deleted meanwhile.
    """
    run(functions.lock_budgets())
    # What else was changed meanwhile stays.
    budget.refresh_from_db()
    if hard is not None:
        budget.hard = hard
    if limit_usd is not None:
        check_limit(limit_usd)
        budget.limit_usd = limit_usd
        _limit_present_windows(budget, limit_usd)
    budget.save(update_fields=["limit_usd", "hard"])
    _present_windows(budget).update(hard=budget.hard)
    return budget


@transaction.atomic
def raise_budget(*, budget: Budget, limit_usd: Decimal) -> Budget:
    """Let a budget spend up to another limit for the rest of its present period.

    The next period has the budget's own limit again. Raises `InvalidBudget`, and
    `Budget.DoesNotExist` when the budget was deleted meanwhile.
    """
    run(functions.lock_budgets())
    budget.refresh_from_db()
    if budget.period == Budget.Period.TOTAL:
        raise InvalidBudget(
            "A budget in total has no next period: change its limit.", field="limit_usd"
        )
    check_limit(limit_usd)
    if limit_usd <= budget.limit_usd:
        raise InvalidBudget(
            f"A raise is above the budget’s own limit of {dollars(budget.limit_usd)}.",
            field="limit_usd",
        )
    _open_present_windows(budget)
    _limit_for_now(budget, limit_usd, Action.BUDGET_RAISED)
    return budget


@transaction.atomic
def end_raise(*, budget: Budget) -> Budget:
    """Give the present period the budget's own limit again.

    What was spent above it stays. Raises `Budget.DoesNotExist` as `change_budget` does.
    """
    run(functions.lock_budgets())
    budget.refresh_from_db()
    if _present_windows(budget).exclude(limit_usd=budget.limit_usd).exists():
        _limit_for_now(budget, budget.limit_usd, Action.BUDGET_RAISE_ENDED)
    return budget


def _limit_for_now(budget: Budget, limit_usd: Decimal, action: Action) -> None:
    """Limit the present period alone, and record it. The caller holds the budgets lock alone."""
    before = _present_windows(budget).aggregate(limit_usd=Max("limit_usd"))["limit_usd"]
    _limit_present_windows(budget, limit_usd)
    record(
        action,
        user_id=budget.owner_id,
        about=budget,
        before={"limit_usd": format_usd(before)},
        after={"limit_usd": format_usd(limit_usd)},
    )


def _present_windows(budget: Budget) -> QuerySet[BudgetWindow]:
    present = Q(ends_at=None) | Q(ends_at__gt=Now())
    return BudgetWindow.objects.filter(present, budget=budget)


def _limit_present_windows(budget: Budget, limit_usd: Decimal) -> None:
    _present_windows(budget).update(limit_usd=limit_usd, told_percent=_still_told(limit_usd))


def _open_present_windows(budget: Budget) -> None:
    """Open those that no call has opened yet. The caller holds the budgets lock alone."""
    there = set(_present_windows(budget).values_list("simulated", flat=True))
    for simulated in {False, True} - there:
        run(functions.open_first_window(budget_id=budget.pk, simulated=simulated))


def _still_told(limit_usd: Decimal) -> Case:
    """Which part of a window stays told under a new limit: what isn't reached may come again."""
    return Case(
        When(settled_usd__gte=limit_usd, then=F("told_percent")),
        When(settled_usd__gte=limit_usd * Decimal("0.8"), then=Least(F("told_percent"), 80)),
        default=0,
    )


@transaction.atomic
def delete_budget(*, budget: Budget) -> None:
    """Take a budget away; the ledger keeps what was spent."""
    run(functions.lock_budgets())
    budget.delete()


def check_budget(
    *,
    scope: str,
    limit_usd: Decimal,
    timezone: str,
    user: User | None = None,
    api_token: ApiToken | None = None,
) -> None:
    """Raise `InvalidBudget` where a budget makes no sense."""
    check_limit(limit_usd)
    if timezone not in zone_names():
        raise InvalidBudget(f"There is no time zone “{timezone}”.", field="timezone")
    if (scope == Budget.Scope.USER) != (user is not None):
        raise InvalidBudget("A user's budget names its user, no other does.", field="user")
    if (scope == Budget.Scope.TOKEN) != (api_token is not None):
        raise InvalidBudget("A token's budget names its token, no other does.", field="token")


def check_limit(limit_usd: Decimal) -> None:
    """Raise `InvalidBudget` for a limit that can't be set."""
    if not (limit_usd.is_finite() and 0 <= limit_usd <= MAX_LIMIT_USD):
        raise InvalidBudget(
            f"The limit is between 0 and {MAX_LIMIT_USD:,} dollars.", field="limit_usd"
        )
    if fraction_digits(limit_usd) > DIGITS:
        raise InvalidBudget(f"A limit has at most {DIGITS} decimals.", field="limit_usd")


def record_audit() -> list[Difference]:
    """Hold the books against the ledger and keep the result for the pages of staff."""
    differences = ledger_differences()
    Audit.objects.create(
        lines=LedgerEntry.objects.count(), differences=[str(found) for found in differences]
    )
    return differences
