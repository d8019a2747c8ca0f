"""The call that tests of money buy, and the window that it is held in."""

from typing import Any

from billing.models import Budget, BudgetWindow
from runs.models import Run
from tests import journal
from tests.factories import RunFactory

# What `journal.ask` may cost at most, and at least: 2,000 tokens in, 1,000 or 256 out.
MODEL = "gpt-4.1-mini"
BOUND = journal.cost(MODEL, 2000, 0, 1000)
LEAST = journal.cost(MODEL, 2000, 0, 256)


def running(**options: Any) -> Run:
    """A run that a worker has claimed."""
    return journal.start(RunFactory.create(**options))


def window(budget: Budget) -> BudgetWindow:
    """The budget's window of simulated dollars."""
    return BudgetWindow.objects.get(budget=budget, simulated=True)
