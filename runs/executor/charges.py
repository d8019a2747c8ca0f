"""What an attempt may cost, what it is charged, and the event that says so."""

from dataclasses import dataclass, replace
from typing import Any

from billing import functions
from billing.money import ModelPrices
from billing.served import NOT_DEARER, Rate, Served, rate
from runs.engine.tokens import MIN_OUTPUT_TOKENS
from runs.engine.types import Confidence, StepEnd, StepStart, Usage
from runs.events import PREVIEW_CHARACTERS, Event, StepFailed, StepFinished
from runs.wording import worded

NOTHING = Usage(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Charge:
    """What is charged for an attempt; `usage` is None when nothing was bought.

    `notice` tells the reader what is odd about its price.
    """

    usage: dict[str, Any] | None
    confidence: Confidence
    notice: dict[str, Any] | None = None


def bound(
    model: str,
    max_input_tokens: int,
    max_output_tokens: int,
    prices: ModelPrices,
    *,
    whole: bool = False,
) -> dict[str, Any]:
    """The most that a call can use, as the SQL functions take it.

    A `whole` one isn't made shorter where money is short.
    """
    return functions.bound(
        model=model,
        max_input_tokens=max_input_tokens,
        max_output_tokens=max_output_tokens,
        min_output_tokens=(
            max_output_tokens if whole else min(MIN_OUTPUT_TOKENS, max_output_tokens)
        ),
        prices=prices,
    )


def charge(end: StepEnd, start: StepStart, prices: ModelPrices, served: Served) -> Charge:
    """What is charged: the dearer of what was asked for and what was served.

    What can't be known is charged at the bound's prices.
    """
    if end.usage is None:
        return Charge(None, end.confidence)
    if end.confidence == "in_doubt":
        dearest = prices.bound(start.max_input_tokens)
        used = replace(end.usage, fresh_input=dearest.input_tokens)
        return Charge(_usage(used, Rate(dearest.prices, prices.source)), end.confidence)
    found = rate(prices, served, _counts(end.usage))
    usage = _usage(end.usage, found) | _lessons(end, prices)
    unsure = end.confidence == "exact" and not found.known
    return Charge(
        usage, "estimated" if unsure else end.confidence, _notice(start.model, served, found)
    )


def _counts(used: Usage) -> dict[str, int]:
    return {
        "fresh_input": used.fresh_input,
        "cached_input": used.cached_input,
        "cache_write": used.cache_write,
        "output": used.output,
    }


def _usage(used: Usage, found: Rate) -> dict[str, Any]:
    charged = functions.usage(**_counts(used), reasoning=used.reasoning, unit=found.unit)
    return {**charged, "price_source": found.source}


def _lessons(end: StepEnd, prices: ModelPrices) -> dict[str, Any]:
    """What the attempt says about its model, by the names of `billing.learn`."""
    lessons: dict[str, Any] = {}
    if end.confidence == "exact":
        lessons["safety"] = str(prices.safety)
    if end.past_cap:
        lessons["past_cap"] = True
    elif end.status == "done" and not prices.keeps_cap:
        lessons["ended"] = True
    return lessons


def _notice(asked: str, served: Served, found: Rate) -> dict[str, Any] | None:
    if found.known and not found.dearer:
        return None
    tier = "" if served.service in NOT_DEARER else served.service
    figures = {"asked": asked, "served": served.model, "tier": tier, "dearer": found.dearer}
    notice: dict[str, Any] = worded({"code": "served_other", **figures})
    return notice


def end_event(start: StepStart, end: StepEnd, confidence: Confidence) -> Event:
    """The last event of an attempt; its cost is added where it is settled."""
    if end.status != "done":
        return StepFailed(
            key=start.key,
            attempt=start.attempt,
            label=start.label,
            error=end.error or {"code": end.status, "message": ""},
            duration_ms=end.duration_ms,
        )
    used = end.usage or NOTHING
    return StepFinished(
        key=start.key,
        attempt=start.attempt,
        label=start.label,
        kind="llm",
        usage={
            "input_tokens": used.input,
            "cached_input_tokens": used.cached_input,
            "output_tokens": used.output,
            "reasoning_tokens": used.reasoning,
        },
        confidence=confidence,
        duration_ms=end.duration_ms,
        preview=end.preview[:PREVIEW_CHARACTERS],
    )
