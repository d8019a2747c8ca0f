"""What a run would come to, in words: the sentence, what it rests on, what a budget says to it."""

from dataclasses import dataclass

from billing.models import Budget
from billing.presenters import reset_sentence
from billing.refusals import budget_name, cap_too_low, too_little_left
from billing.templatetags.money import usd, usd_budget
from runs.catalogue.presenter import calls_span
from runs.estimate.selectors import Estimate

KEPT = "You have an answer to exactly this. For a new one, set Answer cache to Refresh."
PERIODS = {
    Budget.Period.DAY: "today",
    Budget.Period.MONTH: "this month",
    Budget.Period.TOTAL: "in all",
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
    if found.cap_usd is not None:
        return cap_too_low(found.cap_usd, found.needs_usd)
    if found.short is None:
        return ""
    state = found.short
    why = too_little_left(
        budget_name(state.budget.scope, state.budget.period),
        limit_usd=state.limit_usd,
        settled_usd=state.settled_usd,
        held_usd=state.held_usd,
        needs_usd=found.needs_usd,
    )
    return f"{why} {reset_sentence(state)}"


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
