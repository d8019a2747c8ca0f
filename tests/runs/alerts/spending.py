"""Money that is spent through the product's own functions, at some moment."""

from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Any

from accounts.models import ApiToken, User
from runs.models import Run
from tests import journal
from tests.factories import RunFactory

# Fresh tokens of `journal.PRICES` for a dollar.
TOKENS_A_DOLLAR = 2_500_000
_numbers = count(1)


def run_of(owner: User, token: ApiToken | None = None) -> Run:
    """A run that a worker executes."""
    return journal.start(RunFactory.create(owner=owner, api_token_id=token and token.pk))


def spend(run: Run, usd: object, at: datetime | None = None) -> None:
    """A call of the run costs exactly so many dollars, held at this moment."""
    fresh = int(Decimal(str(usd)) * TOKENS_A_DOLLAR)
    moment: dict[str, Any] = {} if at is None else {"held_at": at}
    journal.buy(run, f"react/t{next(_numbers)}/think", fresh=fresh, output=0, **moment)
