"""Why money was refused: one shape, made in SQL, and one place that puts it into words."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from billing.money import left_of
from web.wording import dollars

PERIODS = {"day": "daily", "month": "monthly", "total": "total"}
WHOSE = {"site": "the site’s", "user": "your", "token": "the API token’s"}


def budget_name(scope: str, period: str) -> str:
    """A budget as its reader calls it, in mid-sentence: `your daily budget`."""
    return f"{WHOSE[scope]} {PERIODS[period]} budget"


def cap_too_low(limit_usd: Decimal, needs_usd: Decimal) -> str:
    """Why a run with this limit of its own can't start."""
    return f"A cost limit of {dollars(limit_usd)} is too low to start: {_needs(needs_usd)}."


def too_little_left(
    budget: str, *, limit_usd: Decimal, settled_usd: Decimal, held_usd: Decimal, needs_usd: Decimal
) -> str:
    """Why a run can't start under the budget of this name."""
    whose = f"{budget[0].upper()}{budget[1:]} of {dollars(limit_usd)}"
    if settled_usd >= limit_usd:
        return f"{whose} is used up."
    held = f" beside {dollars(held_usd)} held" if held_usd else ""
    left = dollars(left_of(limit_usd, settled_usd, held_usd))
    return f"{whose} has {left} left{held}, too little to start: {_needs(needs_usd)}."


def _needs(needs_usd: Decimal) -> str:
    return f"its first and its last call may cost {dollars(needs_usd)}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The limit that stands in the way, with its figures in US dollars, as the API names them.

    The scope is a budget's, or `run` for a run's own cap, which has no window and never resets.
    `budget` is the budget's id, where a submit was refused.
    """

    scope: str
    window: str | None
    timezone: str | None
    limit_usd: str
    settled_usd: str
    held_usd: str
    requested_usd: str
    resets_at: str | None
    budget: str | None = None

    @classmethod
    def of(cls, figures: Mapping[str, Any]) -> "Refusal":
        """From JSON that may say more."""
        return cls(**{name: figures[name] for name in cls.__slots__ if name in figures})

    @property
    def figures(self) -> dict[str, str | None]:
        """The fields of a `budget_exceeded`."""
        return {name: value for name, value in asdict(self).items() if name != "budget"}

    @property
    def remaining_usd(self) -> Decimal:
        """What is neither settled nor held; never below zero."""
        return left_of(self._limit, self._settled, self._held)

    @property
    def at_start(self) -> str:
        """Why a run isn't taken, or failed before its first call."""
        if self.scope == "run":
            return cap_too_low(self._limit, self._requested)
        return too_little_left(
            self._name,
            limit_usd=self._limit,
            settled_usd=self._settled,
            held_usd=self._held,
            needs_usd=self._requested,
        )

    @property
    def at_call(self) -> str:
        """Why a started run stops buying."""
        return (
            f"Stopped buying: the next call could have cost {dollars(self._requested)}. "
            f"Of {self._name} of {dollars(self._limit)}, {dollars(self._settled)} was settled "
            f"and {dollars(self._held)} held."
        )

    @property
    def left(self) -> str:
        """What the limit leaves, as a clause."""
        unspent = left_of(self._limit, self._settled, Decimal(0))
        return f"{self._name} has {dollars(unspent)} of {dollars(self._limit)} left"

    @property
    def _name(self) -> str:
        if self.window is None:
            return "this run’s own limit"
        return budget_name(self.scope, self.window)

    @property
    def _limit(self) -> Decimal:
        return Decimal(self.limit_usd)

    @property
    def _settled(self) -> Decimal:
        return Decimal(self.settled_usd)

    @property
    def _held(self) -> Decimal:
        return Decimal(self.held_usd)

    @property
    def _requested(self) -> Decimal:
        return Decimal(self.requested_usd)
