"""The arithmetic of money: exact, in `Decimal`, without a database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from math import ceil

PER_TOKEN = Decimal("0.000001")
# Dollars per million tokens. A hundred million tokens at the dearest price still fit a column of
# money; no provider asks a tenth of it.
MAX_UNIT_PRICE = Decimal(10_000)
# The parts of a limit from which on a budget is called near its limit, and full: what is left then
# seldom pays for a call.
NEAR, FULL = Decimal("0.9"), Decimal("0.999")


@dataclass(frozen=True, slots=True)
class UnitPrices:
    """US dollars per million tokens. `output` covers reasoning tokens too; `cache_write` is for
    input that the provider stores in its cache, which newer models bill above fresh input.
    """

    input: Decimal
    cached_input: Decimal
    cache_write: Decimal
    output: Decimal

    def cost(
        self, *, fresh_input: int, cached_input: int, cache_write: int, output: int
    ) -> Decimal:
        """US dollars for disjoint token counts; exact to twelve decimals."""
        return PER_TOKEN * (
            fresh_input * self.input
            + cached_input * self.cached_input
            + cache_write * self.cache_write
            + output * self.output
        )

    @property
    def dearest_input(self) -> Decimal:
        """The most that a token of input can cost."""
        return max(self.input, self.cached_input, self.cache_write)


@dataclass(frozen=True, slots=True)
class Bound:
    """The most input tokens that a request can have, and the dearest prices that it can reach."""

    input_tokens: int
    prices: UnitPrices

    def cost(self, output: int) -> Decimal:
        """US dollars of the whole input and so many output tokens."""
        return self.prices.cost(
            fresh_input=self.input_tokens, cached_input=0, cache_write=0, output=output
        )


# Unit prices by the length of the request: (start, prices), lowest start first, beginning at 0. A
# tier applies to the whole request once its total input exceeds the tier's start.
Tiers = tuple[tuple[int, UnitPrices], ...]


@dataclass(frozen=True, slots=True)
class ModelPrices:
    """All prices of a model; `by_service` has those of service tiers that have prices of their own.

    `safety` is at least 1: what input bounds are multiplied by since a call broke one. A model that
    `ignores_cap` wrote far more than it was allowed to; one that `keeps_cap` ended an answer within
    its cap. With `hold_any_service`, a bound covers every service tier.
    """

    model: str
    source: str
    tiers: Tiers
    safety: Decimal = Decimal(1)
    ignores_cap: bool = False
    keeps_cap: bool = False
    by_service: Mapping[str, Tiers] = field(default_factory=dict)
    hold_any_service: bool = False

    @property
    def base(self) -> UnitPrices:
        """The prices of a short request."""
        return self.tiers[0][1]

    def at(self, input_tokens: int, service: str = "") -> UnitPrices:
        """The prices of a request with this total of input tokens, however they are cached."""
        return _reachable(self.by_service.get(service, self.tiers), input_tokens)[-1]

    def bound(self, max_input_tokens: int) -> Bound:
        """The bound of a request of up to this size: each bucket at the dearest price in reach."""
        tokens = ceil(max_input_tokens * self.safety)
        services = self.by_service.values() if self.hold_any_service else ()
        prices = [p for tiers in (self.tiers, *services) for p in _reachable(tiers, tokens)]
        dearest = max(p.dearest_input for p in prices)
        output = max(p.output for p in prices)
        return Bound(tokens, UnitPrices(dearest, dearest, dearest, output))


def _reachable(tiers: Tiers, input_tokens: int) -> list[UnitPrices]:
    """The prices that a request of up to this size can come to, the longest one's last."""
    return [prices for start, prices in tiers if start == 0 or input_tokens > start]


def format_usd(amount: Decimal) -> str:
    """The exact amount without trailing zeros or an exponent, as the API shows it."""
    text = f"{amount:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def left_of(limit: Decimal, settled: Decimal, held: Decimal) -> Decimal:
    """What of a limit is neither settled nor held; never below zero."""
    return max(Decimal(0), limit - settled - held)


def fraction_digits(amount: Decimal) -> int:
    """The number of digits after the point without trailing zeros."""
    exponent = amount.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
