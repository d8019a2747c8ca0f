"""What can be wrong with money."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from billing.money import format_usd
from web.errors import Problem


@dataclass(frozen=True, slots=True)
class Shortage:
    """The figures of a hard budget without room, as they were when it refused; US dollars."""

    budget_id: UUID
    scope: str
    period: str
    timezone: str
    limit_usd: Decimal
    settled_usd: Decimal
    held_usd: Decimal
    requested_usd: Decimal
    starts_at: datetime
    resets_at: datetime | None

    @property
    def remaining_usd(self) -> Decimal:
        """What is neither settled nor held; never below zero."""
        return max(Decimal(0), self.limit_usd - self.settled_usd - self.held_usd)


class BudgetExceeded(Problem):
    """A hard budget has no room."""

    status = 402
    code = "budget_exceeded"

    def __init__(self, message: str, shortage: Shortage) -> None:
        super().__init__(message)
        self.shortage = shortage

    @property
    def details(self) -> Mapping[str, str | None]:
        """The figures, as the API names them."""
        short = self.shortage
        resets_at = short.resets_at.isoformat() if short.resets_at else None
        return {
            "scope": short.scope,
            "window": short.period,
            "timezone": short.timezone,
            "limit_usd": format_usd(short.limit_usd),
            "settled_usd": format_usd(short.settled_usd),
            "held_usd": format_usd(short.held_usd),
            "requested_usd": format_usd(short.requested_usd),
            "resets_at": resets_at and resets_at.replace("+00:00", "Z"),
        }

    @property
    def headers(self) -> Mapping[str, str]:
        """What is left, as every answer to a submit says it."""
        return {"X-Budget-Remaining-USD": format_usd(self.shortage.remaining_usd)}


class InvalidBudget(Problem):
    """A budget can't be set like this; `field` says what is at fault."""

    @property
    def detail(self) -> str:
        """The sentence, after the field that it is about."""
        return f"{self.field}: {self.message}"


class NotInDoubt(Exception):
    """The ledger line is not in doubt, or no longer."""
