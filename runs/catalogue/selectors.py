"""What a run can be made of: patterns, models with their prices, tools."""

from typing import Any

from django.conf import settings

from billing.money import UnitPrices
from billing.pricing import offered_models
from runs.engine.pattern import AnyPattern
from runs.engine.provider.dialects.dialect import sentence
from runs.engine.registry import PATTERNS
from runs.engine.tools.registry import TOOLS
from runs.models import DialectRule


def patterns() -> list[dict[str, Any]]:
    """The patterns, in the order in which they are offered."""
    return [_pattern(pattern) for pattern in PATTERNS.values()]


def _pattern(pattern: AnyPattern) -> dict[str, Any]:
    least, typical, most = pattern.calls(pattern.params())
    steps = [
        {
            "key": step.key,
            "label": step.label,
            "role": step.role,
            "variables": list(step.variables),
            "required_variables": list(step.required),
        }
        for step in pattern.steps
    ]
    return {
        "key": pattern.key,
        "label": pattern.label,
        "summary": pattern.summary,
        "needs_tools": pattern.needs_tools,
        "params": pattern.params.model_json_schema(),
        "steps": steps,
        "llm_calls": {"min": least, "typical": typical, "max": most},
    }


def models() -> list[dict[str, Any]]:
    """The models offered here. `prices` is None where the price is unknown: not callable."""
    dialects = _dialects()
    return [
        {
            "id": name,
            "prices": _unit_prices(known.base) if known else None,
            "long_prompts": [
                {"above_input_tokens": start, **_unit_prices(prices)}
                for start, prices in (known.tiers[1:] if known else ())
            ],
            "price_source": known.source if known else None,
            "simulated": settings.SIMULATED,
            "ignores_cap": known.ignores_cap if known else False,
            "dialect": dialects.get(name, []),
        }
        for name, known in offered_models().items()
    ]


def _dialects() -> dict[str, list[dict[str, Any]]]:
    """What was learnt of the present endpoint, by model."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in DialectRule.objects.filter(endpoint=settings.PROVIDER_ENDPOINT):
        lesson = {
            "rule": row.rule,
            "sentence": sentence(row.rule, row.tokens),
            "learnt_at": row.learnt_at,
        }
        found.setdefault(row.model, []).append(lesson)
    return found


def _unit_prices(prices: UnitPrices) -> dict[str, Any]:
    return {
        "input_usd": prices.input,
        "cached_input_usd": prices.cached_input,
        "cache_write_usd": prices.cache_write,
        "output_usd": prices.output,
    }


def tools() -> list[dict[str, Any]]:
    """The tools that a run may use."""
    return [
        {
            "name": tool.name,
            "label": tool.label,
            "description": tool.description,
            "schema": tool.schema,
        }
        for tool in TOOLS.values()
    ]
