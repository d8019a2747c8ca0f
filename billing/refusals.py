"""Why money was refused: one shape, made in SQL, and one place that puts it into words."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from billing.money import format_usd, left_of

PERIOD_OF = {"day": " of today", "month": " of this month"}
PERIOD_IN = {"day": " a day", "month": " a month", "total": " in total"}


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
        return left_of(Decimal(self.limit_usd), Decimal(self.settled_usd), Decimal(self.held_usd))

    @property
    def at_submit(self) -> str:
        """What a submit is told: settled money alone leaves too little."""
        left = "has too little left" if self._unspent_usd > 0 else "is used up"
        return f"The {self._scope} budget{PERIOD_OF.get(self.window or '', '')} {left}."

    @property
    def at_start(self) -> str:
        """Why a run failed before its first call."""
        if self.scope == "run":
            return (
                f"Its own limit of ${self.limit_usd} is too low: its first and its last call may "
                f"cost ${self.requested_usd}."
            )
        return (
            f"The {self._scope} budget{PERIOD_OF.get(self.window or '', '')} has no room for its "
            f"first and its last call, which may cost ${self.requested_usd}: of "
            f"${self.limit_usd}, ${self.settled_usd} is settled and ${self.held_usd} held."
        )

    @property
    def at_call(self) -> str:
        """Why a started run stops buying."""
        limit = "this run’s own limit"
        if self.scope != "run":
            limit = f"the {self._scope} budget{PERIOD_IN.get(self.window or '', '')}"
        return (
            f"Stopped buying: the next call could have cost ${self.requested_usd}. "
            f"Of ${self.limit_usd}, {limit}, ${self.settled_usd} was settled "
            f"and ${self.held_usd} held."
        )

    @property
    def left(self) -> str:
        """What the limit leaves, as a clause."""
        return (
            f"the {self._scope} budget{PERIOD_OF.get(self.window or '', '')} has "
            f"${format_usd(max(self._unspent_usd, Decimal(0)))} of ${self.limit_usd} left"
        )

    @property
    def _scope(self) -> str:
        return "API token" if self.scope == "token" else self.scope

    @property
    def _unspent_usd(self) -> Decimal:
        return Decimal(self.limit_usd) - Decimal(self.settled_usd)
