"""Which model is taken for a simple or a complex task: tiers by configuration or by price."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from billing.money import ModelPrices
from runs.auto.rules import Complexity, Level

# An agent reads more than it writes: so many tokens of input to one of output.
INPUT_TO_OUTPUT = 3


@dataclass(frozen=True, slots=True)
class Tiers:
    """The models for either kind of task, the one to take first in front."""

    simple: Sequence[str]
    complex: Sequence[str]

    def of(self, level: Level) -> list[str]:
        """This kind's models, then those of the other kind."""
        first, then = (
            (self.simple, self.complex) if level == "simple" else (self.complex, self.simple)
        )
        return list(dict.fromkeys((*first, *then)))


@dataclass(frozen=True, slots=True)
class Choice:
    """The model to call, why, and the one that the other kind of task would have got."""

    model: str
    level: Level
    reason: str
    other: str | None = None


def tiers(
    prices: Mapping[str, ModelPrices], *, cheap: Collection[str], strong: Collection[str]
) -> Tiers:
    """The configured models that have a price; where there are none, all models by their price."""
    by_price = sorted(prices, key=lambda model: rate(prices[model]))
    return Tiers(
        [model for model in cheap if model in prices] or by_price,
        [model for model in strong if model in prices] or by_price[::-1],
    )


def rate(prices: ModelPrices) -> Decimal:
    """What models are ordered by: their price for a usual mix of tokens."""
    base = prices.base
    return INPUT_TO_OUTPUT * base.input + base.output


def choose(found: Complexity, among: Tiers, *, failing: Collection[str] = ()) -> Choice | None:
    """Take the first model of the task's kind that isn't failing; None where there is none.

    When all are failing, the first: whether it is called is decided where it always is.
    """
    ways = among.of(found.level)
    if not ways:
        return None
    if len(ways) == 1:
        return Choice(ways[0], found.level, "The only model for Auto that has a price.")
    model = next((model for model in ways if model not in failing), ways[0])
    passed = ways[: ways.index(model)]
    reason = " ".join((found.sentence, *(f"{name} isn’t called at present." for name in passed)))
    others = (among.of(_opposite(found.level))[0], *ways)
    other = next(name for name in others if name != model)
    return Choice(model, found.level, reason, other)


def _opposite(level: Level) -> Level:
    return "complex" if level == "simple" else "simple"
