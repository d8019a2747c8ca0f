"""What a run would come to, in words: the sentence, what it rests on, what a budget says to it."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from billing.models import Budget
from billing.selectors.budgets import BudgetState
from billing.templatetags.money import usd, usd_budget, usd_limit
from runs.catalogue.presenter import calls_span
from runs.estimate.selectors import Estimate

KEPT = "You have an answer to exactly this. For a new one, set Answer cache to Refresh."
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

    `card_calls` is the formula's range for the pattern's card. When `stopped`, nothing can start.
    `auto` is the model that Auto would take; `routing` says why, where Auto is chosen.
    """

    calls: str
    card_calls: str
    typical: str = ""
    most: str = ""
    basis: str = ""
    warning: str = ""
    probing: str = ""
    stopped: bool = False
    cached: bool = False
    auto: str = ""
    routing: str = ""


def in_words(found: Estimate, card_calls: str = "") -> EstimateWords:
    """Put an estimate into words."""
    if found.basis == "cache":
        return EstimateWords("From the cache, at no cost", card_calls, basis=KEPT, cached=True)
    return EstimateWords(
        calls=calls_span(found.calls.least, found.calls.most),
        card_calls=card_calls,
        typical=usd(found.p50_usd),
        most=f"at most {usd(found.max_usd)}",
        basis=_basis(found),
        warning=_stop(found) or _warning(found),
        probing=_probing(found),
        stopped=bool(_stop(found)),
    )


def _basis(found: Estimate) -> str:
    whole = (
        "For a whole run; this one costs less, since steps are taken over. " if found.taken else ""
    )
    if found.basis == "history":
        return f"{whole}From {found.sample_size} runs like this one."
    if found.sample_size:
        return f"{whole}From the formula, as {found.sample_size} runs of this pattern correct it."
    return f"{whole}From the formula; no history yet."


def _stop(found: Estimate) -> str:
    """Why such a run can't start at all; empty where it can."""
    needs = f"its first and its last call may need {usd(found.needs_usd)}"
    if found.cap_usd is not None:
        return f"A cost limit of {usd_limit(found.cap_usd)} is too low to start: {needs}."
    if found.short is None:
        return ""
    state = found.short
    whose, when = (
        WHOSE[Budget.Scope(state.budget.scope)],
        PERIODS[Budget.Period(state.budget.period)],
    )
    if state.settled_usd >= state.limit_usd:
        return f"{whose} is used up {when}.{_reset(state)}"
    held = f" beside {usd_budget(state.held_usd)} held" if state.held_usd else ""
    left = usd_budget(state.remaining_usd)
    return f"{whose} has {left} left{held} {when}, too little to start: {needs}.{_reset(state)}"


def _warning(found: Estimate) -> str:
    """That a budget may end such a run early; empty where none does."""
    budget = found.exceeds
    if budget is None:
        return ""
    when = PERIODS[Budget.Period(budget.budget.period)]
    return (
        f"At most {usd(found.max_usd)}, but {usd_budget(budget.remaining_usd)} is left {when}. "
        "It will stop there and answer with what it has."
    )


def _probing(found: Estimate) -> str:
    """That a hard limit makes calls wait for each other; empty where it doesn't."""
    if not found.unproven or found.calls.most < 2:
        return ""
    models = " and ".join(found.unproven)
    return (
        f"No answer of {models} has shown yet that it keeps its output cap. "
        "Until one has, a hard limit lets one call at a time be sent."
    )


def _reset(budget: BudgetState) -> str:
    if budget.resets_at is None:
        return ""
    local = budget.resets_at.astimezone(ZoneInfo(budget.budget.timezone))
    return f" It resets on {local.day} {local:%b at %H:%M} ({budget.budget.timezone})."
