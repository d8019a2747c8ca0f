"""What the journal's SQL functions take: bounds, charges and events, as JSON."""

from typing import Any

from billing.money import ModelPrices
from runs.engine.closing import LEAST_OUTPUT_TOKENS
from runs.engine.types import StepEnd, StepStart, ToolStep, Usage

PREVIEW_CHARACTERS = 300


def bound(
    model: str, max_input_tokens: int, max_output_tokens: int, prices: ModelPrices
) -> dict[str, Any]:
    """The most that a call can use, with the dearest prices that it can reach."""
    dearest = prices.bound(max_input_tokens)
    return {
        "model": model,
        "max_input_tokens": dearest.input_tokens,
        "max_output_tokens": max_output_tokens,
        "min_output_tokens": LEAST_OUTPUT_TOKENS,
        "input_price": str(dearest.prices.input),
        "output_price": str(dearest.prices.output),
        "price_source": prices.source,
        "ignores_cap": prices.ignores_cap,
    }


def charge(end: StepEnd, start: StepStart, prices: ModelPrices) -> dict[str, Any]:
    """The usage with its unit prices; what can't be known is charged at the bound's prices."""
    usage = end.usage or Usage(0, 0, 0)
    fresh_input = usage.fresh_input
    unit = prices.at(usage.fresh_input + usage.cached_input)
    if end.confidence == "in_doubt":
        dearest = prices.bound(start.max_input_tokens)
        fresh_input, unit = dearest.input_tokens, dearest.prices
    return {
        "fresh_input_tokens": fresh_input,
        "cached_input_tokens": usage.cached_input,
        "output_tokens": usage.output,
        "reasoning_tokens": usage.reasoning,
        "input_price": str(unit.input),
        "cached_input_price": str(unit.cached_input),
        "output_price": str(unit.output),
        "price_source": prices.source,
        "safety": str(prices.safety),
    }


def event(type: str, step: StepStart | ToolStep, **data: Any) -> dict[str, Any]:
    """An event of a step."""
    named = {"key": step.key, "attempt": step.attempt, "label": step.label}
    return {"type": type, "data": named | data}


def ended(start: StepStart, end: StepEnd) -> dict[str, Any]:
    """The last event of an LLM call's attempt; its cost is added where it is settled."""
    if end.status != "done":
        error = end.error or {"code": end.status, "message": ""}
        return event("step.failed", start, error=error, duration_ms=end.duration_ms)
    usage = end.usage or Usage(0, 0, 0)
    return event(
        "step.finished",
        start,
        kind="llm",
        usage={
            "input_tokens": usage.fresh_input + usage.cached_input,
            "cached_input_tokens": usage.cached_input,
            "output_tokens": usage.output,
            "reasoning_tokens": usage.reasoning,
        },
        confidence=end.confidence,
        duration_ms=end.duration_ms,
        preview=end.preview[:PREVIEW_CHARACTERS],
        replayed=False,
        saved_usd=None,
    )
