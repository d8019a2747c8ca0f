"""What stands behind a budget window: the ledger that it settled, and the holds that name it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.db.models import Min, Sum

from accounts.models import User
from billing.models import Hold, LedgerEntry
from billing.selectors.budgets import BudgetState, window_states
from billing.sql import schema

# The owner is named in so many words for the index on owner and time.
OFF_BY = f"""
    SELECT count(*), coalesce(sum(abs(w.settled_usd - coalesce((
        SELECT sum(l.amount) FROM billing_ledgerentry l
        WHERE l.owner_id = %s AND l.simulated = w.simulated AND l.held_at >= w.starts_at
            AND (w.ends_at IS NULL OR l.held_at < w.ends_at)
            AND {schema("billing")}.counts(
                b.user_id, b.api_token_id, (l.owner_id, l.api_token_id, l.simulated)
            )
    ), 0))), 0)
    FROM billing_budgetwindow w JOIN billing_budget b ON b.id = w.budget_id
    WHERE w.id = ANY (%s) AND b.scope <> 'site' AND b.period <> 'total'
        AND (
            SELECT coalesce(sum(u.calls), 0) FROM billing_usagerollup u
            WHERE u.owner_id = %s AND u.day BETWEEN (w.starts_at AT TIME ZONE 'UTC')::date
                AND (w.ends_at AT TIME ZONE 'UTC')::date
        ) <= %s
"""  # noqa: S608 - our own names
# Up to so many lines are added up while a page waits; beyond, the daily audit has the word.
MAX_LINES = 10_000
OPEN = (Hold.State.HELD, Hold.State.DISPATCHED)


@dataclass(frozen=True, slots=True)
class WindowCheck:
    """How many windows were compared with the ledger just now, and by how much they are off."""

    compared: int
    off_by: Decimal


def ledger_check_of(user: User, window_ids: Sequence[int]) -> WindowCheck:
    """Compare a user's own day and month windows with the ledger, in one statement.

    The site's, totals and those of over `MAX_LINES` lines are left to the daily audit.
    """
    with connection.cursor() as cursor:
        cursor.execute(OFF_BY, [user.pk, list(window_ids), user.pk, MAX_LINES])
        compared, off_by = cursor.fetchone()
    return WindowCheck(compared, off_by)


@dataclass(frozen=True, slots=True)
class RunHold:
    """What one run of the reader holds. `task` is empty when the run is someone else's."""

    run_id: UUID
    task: str
    pattern: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class HeldNow:
    """Who holds a window's money: the reader's runs one by one, all others in one sum."""

    mine: Sequence[RunHold]
    others_usd: Decimal
    others: int

    @property
    def total_usd(self) -> Decimal:
        """All that is held."""
        return sum((hold.amount for hold in self.mine), self.others_usd)

    @property
    def runs(self) -> int:
        """How many runs hold money."""
        return len(self.mine) + self.others


def held_now(user: User, state: BudgetState) -> HeldNow:
    """The runs that hold money in the state's window. Two queries."""
    rows = list(
        Hold.objects.filter(state__in=OPEN, window_ids__contains=[state.window_id])
        .order_by()
        .values("run_id", "owner_id", "pattern")
        .annotate(sum=Sum("amount"), first=Min("held_at"))
        .order_by("first")
    )
    own = [row for row in rows if row["owner_id"] == user.pk]
    others = [row["sum"] for row in rows if row["owner_id"] != user.pk]
    tasks = dict(user.runs.filter(pk__in=[row["run_id"] for row in own]).values_list("pk", "task"))
    mine = [
        RunHold(row["run_id"], tasks.get(row["run_id"], ""), row["pattern"], row["sum"])
        for row in own
    ]
    return HeldNow(mine, sum(others, Decimal(0)), len(others))


def windows_of_run(run_id: UUID) -> list[BudgetState]:
    """The windows in which a run's money was held. Two queries."""
    held = Hold.objects.filter(run_id=run_id).values_list("window_ids", flat=True)
    return window_states({window_id for ids in held for window_id in ids})


def charged_in(run_id: UUID, window_ids: Sequence[int]) -> Decimal:
    """What a run was charged through holds that one of these windows counts."""
    lines = LedgerEntry.objects.filter(run_id=run_id, hold__window_ids__overlap=list(window_ids))
    total: Decimal = lines.aggregate(sum=Sum("amount", default=Decimal(0)))["sum"]
    return total
