"""The arithmetic of money: exact, in `Decimal`, without a database."""

from dataclasses import dataclass
from decimal import Decimal
from math import ceil

PER_TOKEN = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class UnitPrices:
    """US dollars per million tokens. `output` covers reasoning tokens too."""

    input: Decimal
    cached_input: Decimal
    output: Decimal

    def cost(self, *, fresh_input: int, cached_input: int, output: int) -> Decimal:
        """US dollars for disjoint token counts; exact to twelve decimals."""
        return PER_TOKEN * (
            fresh_input * self.input + cached_input * self.cached_input + output * self.output
        )


@dataclass(frozen=True, slots=True)
class Bound:
    """The most input tokens that a request can have, and the dearest prices that it can reach."""

    input_tokens: int
    prices: UnitPrices

    def cost(self, output: int) -> Decimal:
        """US dollars of the whole input and so many output tokens."""
        return self.prices.cost(fresh_input=self.input_tokens, cached_input=0, output=output)


@dataclass(frozen=True, slots=True)
class ModelPrices:
    """All prices of a model. A tier applies to the whole request once its total input exceeds
    the tier's start; `tiers` holds (start, prices), lowest start first, beginning at 0.

    `safety` is at least 1: what input bounds are multiplied by since a call broke one. A model that
    `ignores_cap` wrote far more than it was allowed to.
    """

    model: str
    source: str
    tiers: tuple[tuple[int, UnitPrices], ...]
    safety: Decimal = Decimal(1)
    ignores_cap: bool = False

    @property
    def base(self) -> UnitPrices:
        """The prices of a short request."""
        return self.tiers[0][1]

    def at(self, input_tokens: int) -> UnitPrices:
        """The prices of a request with this total of input tokens, cached ones included."""
        return [prices for start, prices in self.tiers if start == 0 or input_tokens > start][-1]

    def bound(self, max_input_tokens: int) -> Bound:
        """The bound of a request of up to this size: each bucket at the dearest price in reach."""
        tokens = ceil(max_input_tokens * self.safety)
        reachable = [p for start, p in self.tiers if start == 0 or tokens > start]
        dearest_input = max(max(p.input, p.cached_input) for p in reachable)
        dearest_output = max(p.output for p in reachable)
        return Bound(tokens, UnitPrices(dearest_input, dearest_input, dearest_output))


def format_usd(amount: Decimal) -> str:
    """The exact amount without trailing zeros or an exponent, as the API shows it."""
    text = f"{amount:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def fraction_digits(amount: Decimal) -> int:
    """The number of digits after the point without trailing zeros."""
    exponent = amount.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
