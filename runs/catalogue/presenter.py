"""The choices of the composer: pattern cards and models with their prices."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from billing.money import ModelPrices
from billing.templatetags.money import unit_price
from runs.engine.pattern import AnyPattern
from runs.engine.registry import PATTERNS
from runs.forms import AUTO, ComposerForm, ParamsForm


@dataclass(frozen=True, slots=True)
class PatternCard:
    """One radio card of the composer with the parameters behind it."""

    key: str
    label: str
    summary: str
    icon: str
    calls: str
    checked: bool
    needs_tools: bool
    params: ParamsForm


@dataclass(frozen=True, slots=True)
class ModelOption:
    """One model of the select; `disabled` ones say why in their label."""

    value: str
    label: str
    disabled: bool
    selected: bool


def pattern_label(key: str) -> str:
    """The name of a pattern; the key where this site no longer has it."""
    pattern = PATTERNS.get(key)
    return pattern.label if pattern else key


def calls_range(pattern: AnyPattern, params: dict[str, object]) -> str:
    """How many LLM calls these parameters allow: `3 calls` or `2–6 calls`."""
    try:
        least, _, most = pattern.calls(pattern.params.model_validate(params))
    except ValidationError:
        least, _, most = pattern.calls(pattern.params())
    return calls_span(least, most)


def calls_span(least: int, most: int) -> str:
    """`3 calls` or `2–6 calls`."""
    span = f"{least}" if least == most else f"{least}–{most}"
    return f"{span} call" if span == "1" else f"{span} calls"


def pattern_cards(form: ComposerForm) -> list[PatternCard]:
    """All registered patterns, in the registry's order."""
    chosen = form["pattern"].value()
    return [
        PatternCard(
            key=key,
            label=pattern.label,
            summary=pattern.summary,
            icon=pattern.icon,
            calls=calls_range(pattern, form.params_forms[key].filled),
            checked=key == chosen,
            needs_tools=pattern.needs_tools,
            params=form.params_forms[key],
        )
        for key, pattern in PATTERNS.items()
    ]


def model_options(models: Mapping[str, ModelPrices | None], chosen: str) -> list[ModelOption]:
    """Auto, then the offered models with unit prices; unpriced ones can't be chosen."""
    priced = [name for name, prices in models.items() if prices]
    auto = f"Auto: {priced[0]}" if priced else "Auto: no model has a price"
    options = [ModelOption(AUTO, auto, not priced, chosen == AUTO)]
    for name, prices in models.items():
        if prices is None:
            words = "no price, so its cost can’t be bounded"
        else:
            base = prices.base
            words = f"{unit_price(base.input)} in, {unit_price(base.output)} out per million"
        options.append(ModelOption(name, f"{name}: {words}", prices is None, chosen == name))
    return options
