"""What is worth telling, each cause in a module: `found()` reads it from Postgres (or Redis)."""

from collections.abc import Callable, Iterable

from runs.alerts.causes import audits, breakers, budgets, doubts, scheduler, spending, workers
from runs.alerts.finding import Finding

Cause = Callable[[], Iterable[Finding]]

CAUSES: tuple[Cause, ...] = (
    budgets.found,
    doubts.found,
    doubts.found_on_site,
    spending.found,
    audits.found,
    breakers.found,
    workers.found,
    workers.none_found,
    scheduler.found,
)
