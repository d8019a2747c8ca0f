"""How budgets are shown: names, gauges, and what a new one will do, in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from accounts.models import ApiToken, User
from billing.errors import BudgetExceeded
from billing.models import Budget
from billing.money import FULL, NEAR, fraction_digits, left_of
from billing.selectors.budgets import BudgetState

PERIODS = {"day": "a day", "month": "a month", "total": "in total"}
ORDER = {"user": 0, "token": 1, "site": 2}
WHOLE = Decimal(100)
# A unit, its minutes, and up to how many of it are said.
SPANS = (("minute", 1, 90), ("hour", 60, 48), ("day", 24 * 60, 366))
HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Gauge:
    """Settled and then held, in percent of the limit; `level` is empty, near or full."""

    settled: Decimal
    held: Decimal
    level: str


def gauge(settled: Decimal, held: Decimal, limit: Decimal) -> Gauge:
    """The gauge of some money under a limit."""
    if limit <= 0:
        return Gauge(WHOLE, Decimal(0), "full")
    used = (settled + held) / limit
    first = min(WHOLE, settled / limit * 100).quantize(HUNDREDTH)
    second = min(WHOLE - first, held / limit * 100).quantize(HUNDREDTH)
    return Gauge(first, second, "full" if used >= FULL else "near" if used >= NEAR else "")


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """One budget in one period."""

    state: BudgetState
    name: str
    sub: str
    span: str
    resets: str
    gauge: Gauge

    @property
    def words(self) -> str:
        """The period, as in “$5 a day”."""
        return PERIODS[self.state.budget.period]

    @property
    def other_dollars(self) -> str:
        """Names its dollars where they aren't those that the frame around the page shows."""
        if self.state.simulated == settings.SIMULATED:
            return ""
        return "simulated dollars" if self.state.simulated else "real dollars"

    @property
    def empty_in(self) -> str:
        """When nothing is left at its present pace, in words; or empty, as where it is full."""
        pace = self.state.pace
        return about(pace.minutes_left) if pace and self.gauge.level != "full" else ""

    @property
    def digits(self) -> int:
        """The digits to which its amounts are padded in a sum."""
        amounts = (self.state.limit_usd, self.state.settled_usd, self.state.held_usd)
        return max(4, *(fraction_digits(amount) for amount in amounts))

    @property
    def short_span(self) -> str:
        """The period in few letters: `Nov`, `today`, `in total`."""
        month = self.state.budget.period == Budget.Period.MONTH
        return self.span[:3] if month else self.span


def about(minutes: Decimal) -> str:
    """A time to come, as exact as a guess deserves: `about 40 minutes`, `about 3 hours`."""
    if minutes < 1:
        return "less than a minute"
    for word, length, below in SPANS:
        count = round(minutes / length)
        if count < below:
            return f"about {count} {word}{'' if count == 1 else 's'}"
    return "more than a year"


def budget_rows(found: Iterable[BudgetState], *, reader: User | None = None) -> list[BudgetRow]:
    """Budgets as their `reader` calls them, the reader's own first; without one, as staff do."""
    if reader is not None:
        found = sorted(found, key=lambda state: ORDER[state.budget.scope])
    return [budget_row(state, reader=reader) for state in found]


def budget_row(state: BudgetState, *, reader: User | None = None) -> BudgetRow:
    """One budget."""
    return BudgetRow(
        state=state,
        name=_name(state, reader),
        sub=_sub(state.budget, reader),
        span=span(state),
        resets=_resets(state),
        gauge=gauge(state.settled_usd, state.held_usd, state.limit_usd),
    )


def span(state: BudgetState) -> str:
    """The period in words: `today`, `17 November`, `November`, `in total`."""
    if state.resets_at is None:
        return "in total"
    zone = ZoneInfo(state.budget.timezone)
    begin, now = state.starts_at.astimezone(zone), timezone.now()
    year = "" if begin.year == now.astimezone(zone).year else f" {begin.year}"
    if state.budget.period == Budget.Period.MONTH:
        return f"{begin:%B}{year}"
    if state.starts_at <= now < state.resets_at:
        return "today"
    return f"{begin.day} {begin:%B}{year}"


def _name(state: BudgetState, reader: User | None) -> str:
    budget = state.budget
    if budget.scope == Budget.Scope.SITE:
        return "Site"
    if budget.api_token is not None:
        return f"Token “{budget.api_token.name}”"
    if budget.user is not None and budget.user != reader:
        return budget.user.display_name
    words = span(state)
    return words[0].upper() + words[1:]


def _sub(budget: Budget, reader: User | None) -> str:
    period = PERIODS[budget.period]
    if budget.scope == Budget.Scope.SITE:
        return f"everyone, {period}"
    if budget.api_token is not None:
        owner = budget.api_token.user
        return period if owner == reader else f"token of {owner.display_name}, {period}"
    return f"{'you' if budget.user == reader else 'user'}, {period}"


def _resets(state: BudgetState) -> str:
    """When the next period begins, in the budget's zone: `midnight`, `1 Dec, 00:00`, `never`."""
    if state.resets_at is None:
        return "never"
    moment = state.resets_at.astimezone(ZoneInfo(state.budget.timezone))
    if state.budget.period == Budget.Period.DAY and (moment.hour, moment.minute) == (0, 0):
        return "midnight"
    return f"{moment.day} {moment:%b}, {moment:%H:%M}"


def reset_sentence(state: BudgetState) -> str:
    """When a budget begins anew, in its zone; else what can be done."""
    if state.resets_at is None:
        return "It never resets: ask staff for a higher limit."
    zone = state.budget.timezone
    moment = state.resets_at.astimezone(ZoneInfo(zone))
    return f"It resets on {moment.day} {moment:%b at %H:%M} ({zone})."


def zones(rows: Sequence[BudgetRow]) -> list[str]:
    """The time zones of these budgets."""
    return sorted({row.state.budget.timezone for row in rows})


@dataclass(frozen=True, slots=True)
class Preview:
    """What a budget will do once it is there, for the sentence before it is created."""

    who: str
    period: str
    timezone: str
    limit_usd: Decimal
    hard: bool
    settled_usd: Decimal
    held_usd: Decimal
    others: Sequence[BudgetRow]
    seen: str

    @property
    def left_usd(self) -> Decimal:
        """What would be left; never below zero."""
        return left_of(self.limit_usd, self.settled_usd, self.held_usd)

    @property
    def used_up(self) -> bool:
        """True when nothing would be left at once."""
        return self.left_usd == 0

    @property
    def words(self) -> str:
        """The period, as in “at most $5 a day”."""
        return PERIODS[self.period]


def whose(user: User | None, api_token: ApiToken | None) -> str:
    """Whom a budget limits, at the beginning of a sentence."""
    if api_token is not None:
        return f"Token “{api_token.name}” of {api_token.user.display_name}"
    return user.display_name if user is not None else "Everyone together"


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a run was not taken: the sum of its budget, every amount padded to `digits`."""

    row: BudgetRow
    message: str
    requested_usd: Decimal
    details: dict[str, str | None]

    @property
    def short_usd(self) -> Decimal:
        """What is missing; zero when the run's own needs are not known."""
        return max(Decimal(0), self.requested_usd - self.row.state.remaining_usd)

    @property
    def digits(self) -> int:
        """The digits to which the amounts are padded."""
        state = self.row.state
        amounts = (state.limit_usd, state.settled_usd, state.held_usd, self.requested_usd)
        return max(4, *(fraction_digits(amount) for amount in amounts))

    @property
    def resets(self) -> str:
        """When the budget begins anew, as a sentence."""
        return reset_sentence(self.row.state)


def refused(error: BudgetExceeded, state: BudgetState, *, reader: User) -> Refused:
    """The refusal for its page and for the strip of the form."""
    return Refused(
        row=budget_row(state, reader=reader),
        message=error.message,
        requested_usd=Decimal(error.refusal.requested_usd),
        details={"code": error.code, **error.details},
    )
