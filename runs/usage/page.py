"""What the Usage page says of one range: every figure once, for the page and for its CSV."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from accounts.models import User
from billing.selectors.between import MAX_LINES, Lines, Spent, lines_between, spend_between
from billing.selectors.spend import first_days
from runs.usage.outcomes import outcomes
from runs.usage.ranges import DayRange
from runs.usage.sums import Sums, Usage, usage_of


@dataclass(frozen=True, slots=True)
class Figures:
    """A range in one kind of dollars, and the one before. Too many `lines` are None."""

    simulated: bool
    kinds: frozenset[bool]
    usage: Usage
    earlier: Sums
    spent: Sequence[Spent]
    first_days: Mapping[bool, date]
    lines: Sequence[Lines] | None = field(default=None)

    @property
    def booked_usd(self) -> Decimal | None:
        """The sum of the ledger's own lines; None where they weren't read."""
        if self.lines is None:
            return None
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def off_by(self) -> Decimal | None:
        """By how much the page's total differs from that; zero when all is right."""
        return None if self.booked_usd is None else self.usage.total.amount - self.booked_usd


def figures(user: User, shown: DayRange, earlier: DayRange, *, asked_simulated: bool) -> Figures:
    """The figures of two ranges; of both kinds of dollars the real ones, unless asked."""
    moments = shown.moments
    spans = [earlier.moments[0], earlier.moments[-1], *moments]
    spent = spend_between(user, spans)
    became = outcomes(user, _ends(moments), _ends(spans[:2]))
    kinds = _kinds(
        [row.simulated for row in spent if row.span > 1], [row.simulated for row in became]
    )
    simulated = True in kinds if len(kinds) == 1 else asked_simulated
    mine = [row for row in spent if row.simulated == simulated]
    runs = [row for row in became if row.simulated == simulated]
    now = [row._replace(span=row.span - 2) for row in mine if row.span > 1]
    found = usage_of(now, [row for row in runs if not row.earlier])
    past = Sums("Before")
    for row in mine:
        if row.span == 0:
            past.add_spent(row)
    for outcome in runs:
        if outcome.earlier:
            past.add_outcome(outcome)
    few = found.total.calls <= MAX_LINES
    lines = lines_between(user, moments, simulated=simulated) if few else None
    return Figures(simulated, kinds, found, past, now, first_days(user), lines)


def _ends(moments: Sequence[datetime]) -> tuple[datetime, datetime]:
    return moments[0], moments[-1]


def _kinds(charged: Sequence[bool], submitted: Sequence[bool]) -> frozenset[bool]:
    """Which dollars were spent: real, simulated or both; where none were, of which runs."""
    return frozenset(charged or submitted)
