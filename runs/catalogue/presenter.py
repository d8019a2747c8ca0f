"""The choices of the composer: pattern cards and models with their prices."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from billing.money import ModelPrices
from billing.templatetags.money import unit_price
from runs.engine.pattern import AnyPattern
from runs.engine.registry import KNOWN
from runs.forms.composer import ComposerForm
from runs.forms.params import ParamsForm
from runs.services.auto import AUTO
from runs.services.availability import fallbacks_of
from runs.services.supply import site_tiers
from runs.shutdowns import dates_of, ended_of, is_near, today


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
    pattern = KNOWN.get(key)
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
    """The patterns to choose from, in the registry's order."""
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
        for key, pattern in form.patterns.items()
    ]


def model_options(
    models: Mapping[str, ModelPrices | None], chosen: str, auto: str
) -> list[ModelOption]:
    """Auto with what it would take, then the models with unit prices; unpriced ones are disabled.

    `auto` is empty while there is no task.
    """
    priced = {name: prices for name, prices in models.items() if prices}
    endings = _endings(models)
    ended = ended_of(models)
    options = [ModelOption(AUTO, _auto_label(priced, auto), not priced, chosen == AUTO)]
    for name, prices in models.items():
        if prices is None:
            words = "no price, so its cost can’t be bounded"
        else:
            base = prices.base
            words = f"{unit_price(base.input)} in, {unit_price(base.output)} out per million"
        disabled = prices is None or (name in ended and ended.keys() >= set(fallbacks_of(name)))
        label = f"{name}: {words}{endings.get(name, '')}"
        options.append(ModelOption(name, label, disabled, chosen == name))
    return options


def _endings(models: Iterable[str]) -> dict[str, str]:
    """What is said of models that are shut down, or soon will be."""
    return {
        name: f" · {'shut down' if day <= today() else 'ends'} {day.day} {day:%b %Y}"
        for name, day in dates_of(models).items()
        if is_near(day)
    }


def _auto_label(priced: Mapping[str, ModelPrices], auto: str) -> str:
    if not priced:
        return "Auto: no model has a price"
    among = site_tiers(priced)
    ways = dict.fromkeys((among.simple[0], among.complex[0]))
    return f"Auto: {auto or ' or '.join(ways)}"
