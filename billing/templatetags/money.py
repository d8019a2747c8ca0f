"""How dollars are written on pages: short in lists, every digit where an amount is explained."""

from decimal import ROUND_HALF_UP, Decimal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from billing.money import fraction_digits
from web.wording import dollars

register = template.Library()

UNKNOWN = "—"
SHORT = Decimal("0.0001")
CENT = Decimal("0.01")
HALF_SHORT = Decimal("0.00005")


@register.filter
def usd(amount: Decimal | None) -> str:
    """Four decimals, for lists and tiles. What would round to nothing shows all its digits."""
    if amount is None:
        return UNKNOWN
    if amount == 0:
        return "$0.00"
    if abs(amount) < HALF_SHORT:
        return dollars(amount, fraction_digits(amount))
    return dollars(amount.quantize(SHORT, ROUND_HALF_UP), 4)


@register.filter
def usd_total(amount: Decimal | None) -> str:
    """Two decimals from one dollar on, for totals of longer times; below that as `usd`."""
    if amount is not None and abs(amount) >= 1:
        return dollars(amount.quantize(CENT, ROUND_HALF_UP), 2)
    return usd(amount)


@register.filter
def usd_limit(amount: Decimal) -> str:
    """A limit as it was set: every digit, two decimals at least."""
    return dollars(amount)


@register.filter
def usd_budget(amount: Decimal) -> str:
    """What a budget has settled, held and left: whole cents as such, everything else as `usd`."""
    return dollars(amount, 2) if fraction_digits(amount) <= 2 else usd(amount)


@register.filter
def usd_exact(amount: Decimal | None, digits: int = 0) -> str | SafeString:
    """Every digit, those after the fourth quieter; zero-padded to `digits` so that points align."""
    if amount is None:
        return UNKNOWN
    if amount == 0 and not digits:
        return format_html('<span class="money">{}</span>', "$0.00")
    text = dollars(amount, max(4, digits, fraction_digits(amount)))
    cut = text.index(".") + 5
    tail = format_html('<span class="tail">{}</span>', text[cut:]) if text[cut:] else ""
    return format_html('<span class="money">{}{}</span>', text[:cut], tail)


@register.filter
def unit_price(price: Decimal | None) -> str:
    """Dollars per million tokens, two decimals at least."""
    if price is None:
        return UNKNOWN
    return dollars(price)


@register.filter
def share(part: Decimal | int, whole: Decimal | int) -> str:
    """A part of a whole in percent, one decimal; empty when the whole is nothing."""
    return f"{part / whole * 100:.1f}%" if whole else ""
