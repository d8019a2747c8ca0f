"""What an attempt may cost, what it is charged, and the event that says so."""

from typing import Any

from billing import functions
from billing.money import ModelPrices
from runs.engine.calls.closing import MIN_OUTPUT_TOKENS
from runs.engine.types import StepEnd, StepStart, Usage
from runs.events import PREVIEW_CHARACTERS, Event, StepFailed, StepFinished

NOTHING = Usage(0, 0, 0)


def bound(
    model: str, max_input_tokens: int, max_output_tokens: int, prices: ModelPrices
) -> dict[str, Any]:
    """The most that a call can use, as the SQL functions take it."""
    return functions.bound(
        model=model,
        max_input_tokens=max_input_tokens,
        max_output_tokens=max_output_tokens,
        min_output_tokens=MIN_OUTPUT_TOKENS,
        prices=prices,
    )


def usage(end: StepEnd, start: StepStart, prices: ModelPrices) -> dict[str, Any]:
    """What is charged; what can't be known is charged at the bound's prices."""
    used = end.usage or NOTHING
    fresh_input = used.fresh_input
    unit = prices.at(used.fresh_input + used.cached_input)
    if end.confidence == "in_doubt":
        dearest = prices.bound(start.max_input_tokens)
        fresh_input, unit = dearest.input_tokens, dearest.prices
    return {
        **functions.usage(
            fresh_input=fresh_input,
            cached_input=used.cached_input,
            output=used.output,
            reasoning=used.reasoning,
            unit=unit,
        ),
        "price_source": prices.source,
        "safety": str(prices.safety),
    }


def end_event(start: StepStart, end: StepEnd) -> Event:
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
            "input_tokens": used.fresh_input + used.cached_input,
            "cached_input_tokens": used.cached_input,
            "output_tokens": used.output,
            "reasoning_tokens": used.reasoning,
        },
        confidence=end.confidence,
        duration_ms=end.duration_ms,
        preview=end.preview[:PREVIEW_CHARACTERS],
    )
