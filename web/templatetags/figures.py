"""How counts are written on pages."""

from django import template

register = template.Library()


@register.filter
def compact(tokens: int) -> str:
    """Tokens in few digits: `812`, `13,365`, `0.62 M`, `4.10 M`, `41.2 M`."""
    if tokens < 100_000:
        return f"{tokens:,}"
    digits = 2 if tokens < 10_000_000 else 1
    return f"{tokens / 1_000_000:.{digits}f}\u00a0M"


@register.filter
def counted(number: int, signed: bool = False) -> str:
    """Every digit of a count, for where an amount is explained: `1,204,311`; signed, `+12`."""
    return f"{number:+,}".replace("-", "−") if signed and number else f"{number:,}"


@register.filter
def percent(part: float, signed: bool = False) -> str:
    """A part of 1 in whole percent, without the sign for it: `83`; signed, `+4` or `−4`."""
    return (f"{part * 100:+.0f}" if signed else f"{part * 100:.0f}").replace("-", "−")
