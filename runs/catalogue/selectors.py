"""What a run can be made of: patterns, models with their prices, tools."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from billing.money import UnitPrices
from billing.pricing import offered_models
from billing.providers import provider_of
from runs.catalogue.states import ModelState, model_states
from runs.engine.pattern import AnyPattern
from runs.engine.provider.dialects.dialect import sentence
from runs.engine.registry import PATTERNS
from runs.models import DialectRule
from runs.selectors.medians import Medians, medians
from runs.selectors.tools import own_tools, servers_tools
from runs.services.auto import usual_model


def patterns() -> list[dict[str, Any]]:
    """The patterns, in the order in which they are offered."""
    model = usual_model()
    past = medians([*PATTERNS], model) if model else {}
    return [
        {
            **_pattern(pattern),
            "suits": pattern.suits and asdict(pattern.suits),
            "medians": _medians(past.get(key), model),
        }
        for key, pattern in PATTERNS.items()
    ]


def _medians(past: Medians | None, model: str | None) -> dict[str, Any] | None:
    """None where there are too few runs."""
    if past is None or not past.enough:
        return None
    return {
        "model": model,
        "runs": past.runs,
        "cost_usd": past.cost_usd,
        "seconds": past.took.total_seconds(),
        "success": past.success,
    }


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
    states = {state.model: state for state in model_states()}
    return [
        {
            "id": name,
            "provider": provider_of(name).name,
            "prices": _unit_prices(known.base) if known else None,
            "long_prompts": [
                {"above_input_tokens": start, **_unit_prices(prices)}
                for start, prices in (known.tiers[1:] if known else ())
            ],
            "price_source": known.source if known else None,
            "simulated": settings.SIMULATED,
            "ignores_cap": known.ignores_cap if known else False,
            "dialect": dialects.get(name, []),
            "breaker": _breaker(states[name]),
            "fallback": states[name].fallback,
            "shutdown_date": states[name].shutdown_on,
            "is_ending": states[name].is_ending,
            "is_shut_down": states[name].is_shut_down,
        }
        for name, known in offered_models().items()
    ]


def _dialects() -> dict[str, list[dict[str, Any]]]:
    """What was learnt of the present endpoints, by model."""
    found: dict[str, list[dict[str, Any]]] = {}
    providers = {provider.endpoint: provider for provider in settings.PROVIDERS}
    for row in DialectRule.objects.filter(endpoint__in=providers):
        lesson = {
            "rule": row.rule,
            "sentence": sentence(row.rule, row.tokens),
            "learnt_at": row.learnt_at,
        }
        found.setdefault(providers[row.endpoint].site_id(row.model), []).append(lesson)
    return found


def _breaker(state: ModelState) -> dict[str, Any] | None:
    """None while Redis is away."""
    if (breaker := state.breaker) is None:
        return None
    open_until = breaker.open_until if state.state == "open" else None
    return {
        "state": state.state,
        "failures": breaker.failures,
        "reason": breaker.code or None,
        "again_at": open_until and datetime.fromtimestamp(open_until, UTC),
    }


def _unit_prices(prices: UnitPrices) -> dict[str, Any]:
    return {
        "input_usd": prices.input,
        "cached_input_usd": prices.cached_input,
        "cache_write_usd": prices.cache_write,
        "output_usd": prices.output,
    }


def tools() -> list[dict[str, Any]]:
    """The tools that a run may use: the site's own, then those of MCP servers."""
    theirs = (kept.tool(name) for name, kept in servers_tools().items())
    return [
        {
            "name": tool.name,
            "label": tool.label,
            "description": tool.description,
            "schema": tool.schema,
            "effect": tool.effect,
            "max_calls": tool.max_calls,
            "server": tool.server or None,
        }
        for tool in (*own_tools().values(), *theirs)
    ]
