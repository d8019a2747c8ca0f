"""What an answer is charged at, when another model or service tier gave it than was asked for."""

import re
from dataclasses import dataclass
from functools import lru_cache

from billing.money import ModelPrices, UnitPrices

# Tiers that aren't dearer than the plain price: `auto` names none, `flex` and `batch` are cheaper,
# and `scale` was paid before. Groq says `on_demand`, Anthropic `standard`.
NOT_DEARER = frozenset(
    {"", "auto", "default", "standard", "on_demand", "standard_only", "flex", "batch", "scale"}
)
VERSION = re.compile(r"(:latest|@latest|[-@:]20\d{2}-?[01]\d-?[0-3]\d|\.gguf)$")


@dataclass(frozen=True, slots=True)
class Served:
    """What answered. `prices` is None where the model is another one whose price isn't known."""

    model: str
    service: str
    prices: ModelPrices | None


@dataclass(frozen=True, slots=True)
class Rate:
    """Unit prices with their source. `known` is false where what answered has no known price;
    `dearer` is true where what answered costs more than what was asked for.
    """

    unit: UnitPrices
    source: str
    known: bool = True
    dearer: bool = False


def same_model(asked: str, served: str) -> bool:
    """True when two names differ only in a date, a version tag, a folder or in case."""
    return plain_name(asked) == plain_name(served)


def rate(asked: ModelPrices, served: Served, counts: dict[str, int]) -> Rate:
    """The dearer of what was asked and what was served; `counts` are those of `UnitPrices.cost`."""
    tokens = counts["fresh_input"] + counts["cached_input"] + counts["cache_write"]
    plain = Rate(asked.at(tokens), asked.source)
    prices, service = served.prices, served.service
    if prices is None:
        return Rate(plain.unit, plain.source, known=False)
    unit = prices.at(tokens, service)
    known = service in NOT_DEARER or service in prices.by_service
    if unit.cost(**counts) <= plain.unit.cost(**counts):
        return Rate(plain.unit, plain.source, known=known)
    return Rate(unit, f"{prices.source}, {served.model} {service}".strip()[:100], known, True)


@lru_cache(maxsize=1000)
def plain_name(name: str) -> str:
    """A model's name without a date, a version tag and a folder, in small letters."""
    name = name.casefold().rsplit("/", 1)[-1]
    while (shorter := VERSION.sub("", name)) != name:
        name = shorter
    return name
