"""Tasks for a first visit: each runs at once, with a pattern that suits it."""

import uuid
from dataclasses import dataclass, field
from decimal import Decimal

from runs.catalogue.presenter import pattern_label
from runs.services.auto import AUTO

# Far above what they cost, so that a first run never ends for want of money.
MOST_USD = Decimal("0.25")
TOOLS = ("calculator",)

STACK_TRACE = """\
Explain this stack trace and suggest the smallest fix:

Traceback (most recent call last):
  File "shop/orders.py", line 42, in import_orders
    add_line(parse_line(row))
  File "shop/lines.py", line 17, in parse_line
    sku, quantity = row.split(";")
ValueError: not enough values to unpack (expected 2, got 1)"""

TWO_OPTIONS = """\
Compare a heat pump (€11,500 to buy, €650 of energy a year) with a gas boiler (€4,200 to buy, \
€1,590 of energy a year). Which costs less over ten years? \
Work out 11500 + 10 * 650 and 4200 + 10 * 1590."""

TICKETS = """\
Summarise these tickets in four points and name the most common cause:

1. The invoice of March still shows our old address, although we changed it two weeks ago.
2. We returned two lamps on 3 March, and the refund has not arrived.
3. The same invoice was sent to us twice, with two different numbers.
4. The invoice has no VAT number, so our accountant sent it back."""


@dataclass(frozen=True, slots=True)
class Example:
    """A button that submits a task as the composer would; `idempotency_key` is its form's own."""

    name: str
    label: str
    task: str
    pattern: str
    model: str = AUTO
    max_cost_usd: Decimal = MOST_USD
    tools: tuple[str, ...] = TOOLS
    idempotency_key: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def pattern_label(self) -> str:
        """The name of its pattern."""
        return pattern_label(self.pattern)


def examples() -> tuple[Example, ...]:
    """The three of a first visit, with fresh keys."""
    return (
        Example("trace", "Explain a stack trace", STACK_TRACE, "react"),
        Example("compare", "Compare two options", TWO_OPTIONS, "rewoo"),
        Example("tickets", "Summarise tickets", TICKETS, "reflection"),
    )
