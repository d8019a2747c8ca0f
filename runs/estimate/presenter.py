"""What a run would come to, in words: the sentence, what it rests on, what a budget says to it."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from billing.models import Budget
from billing.selectors.budgets import BudgetState
from billing.templatetags.money import usd
from runs.catalogue.presenter import calls_span
from runs.estimate.selectors import Estimate

PERIODS = {
    Budget.Period.DAY: "today",
    Budget.Period.MONTH: "this month",
    Budget.Period.TOTAL: "in all",
}
WHOSE = {
    Budget.Scope.SITE: "The site’s budget",
    Budget.Scope.USER: "Your budget",
    Budget.Scope.TOKEN: "The API token’s budget",
}


@dataclass(frozen=True, slots=True)
class EstimateWords:
    """The composer's strip. `calls` alone is known before there is a task.

    `card_calls` is the formula's range for the pattern's card. When `used_up`, nothing can start.
    """

    calls: str
    card_calls: str
    typical: str = ""
    most: str = ""
    basis: str = ""
    warning: str = ""
    used_up: bool = False


def in_words(found: Estimate, card_calls: str = "") -> EstimateWords:
    """Put an estimate into words."""
    budget = found.exceeds
    used_up = budget is not None and budget.settled_usd >= budget.limit_usd
    return EstimateWords(
        calls=calls_span(found.calls.least, found.calls.most),
        card_calls=card_calls,
        typical=usd(found.p50_usd),
        most=f"at most {usd(found.max_usd)}",
        basis=_basis(found),
        warning=_warning(found, budget, used_up) if budget else "",
        used_up=used_up,
    )


def _basis(found: Estimate) -> str:
    if found.basis == "formula":
        return "From the formula; no history yet."
    return f"From {found.sample_size} runs like this one."


def _warning(found: Estimate, budget: BudgetState, used_up: bool) -> str:
    when = PERIODS[Budget.Period(budget.budget.period)]
    if used_up:
        return f"{WHOSE[Budget.Scope(budget.budget.scope)]} is used up {when}.{_reset(budget)}"
    return (
        f"At most {usd(found.max_usd)}, but {usd(budget.remaining_usd)} is left {when}. "
        "It will stop there and answer with what it has."
    )


def _reset(budget: BudgetState) -> str:
    if budget.resets_at is None:
        return ""
    local = budget.resets_at.astimezone(ZoneInfo(budget.budget.timezone))
    return f" It resets on {local.day} {local:%b at %H:%M} ({budget.budget.timezone})."
