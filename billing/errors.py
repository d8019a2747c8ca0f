"""What can be wrong with money."""

from collections.abc import Mapping

from billing.money import format_usd
from billing.refusals import Refusal
from web.errors import Problem


class BudgetExceeded(Problem):
    """A hard budget has no room: settled money alone leaves too little."""

    status = 402
    code = "budget_exceeded"

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.at_start)
        self.refusal = refusal

    @property
    def details(self) -> Mapping[str, str | None]:
        """The figures, as the API names them."""
        return self.refusal.figures

    @property
    def headers(self) -> Mapping[str, str]:
        """What is left, as every answer to a submit says it."""
        return {"X-Budget-Remaining-USD": format_usd(self.refusal.remaining_usd)}


class InvalidBudget(Problem):
    """A budget can't be set like this; `field` says what is at fault."""

    @property
    def detail(self) -> str:
        """The sentence, after the field that it is about."""
        return f"{self.field}: {self.message}"


class NotInDoubt(Exception):
    """The ledger line is not in doubt, or no longer."""
