"""What can be wrong with money."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from billing.selectors.budgets import BudgetState


class BudgetExceeded(Exception):
    """A hard budget has no room.

    `details` are the figures of the API's `budget_exceeded`; `state` is the budget itself.
    """

    def __init__(
        self, message: str, details: Mapping[str, str | None], state: "BudgetState"
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        self.state = state


class InvalidBudget(Exception):
    """A budget can't be set like this; `field` says what is at fault."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class NotInDoubt(Exception):
    """The ledger line is not in doubt, or no longer."""
