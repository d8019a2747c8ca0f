"""Columns of money: short in lists, every digit where an amount is explained."""

from functools import cache
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html

from billing.templatetags.money import unit_price, usd, usd_exact, usd_limit
from web.admin.columns import Column, badge, column, follow

SIMULATED = format_html('<span class="{}">{}</span>', "sim", "simulated")
TONES = {"estimated": "warn", "in_doubt": "warn"}


@cache
def dollars(name: str, label: str = "") -> Column:
    """US dollars with four decimals, for lists."""
    return column(name, label, lambda row: usd(follow(row, name)), right=True)


@cache
def exact_dollars(name: str, label: str = "") -> Column:
    """US dollars with every digit, for pages."""
    return column(name, label, lambda row: usd_exact(follow(row, name)))


@cache
def limit(name: str, label: str = "") -> Column:
    """A limit as it was set."""
    return column(name, label, lambda row: usd_limit(follow(row, name)), right=True)


@cache
def price(name: str, label: str = "") -> Column:
    """US dollars per million tokens."""
    return column(name, label, lambda row: unit_price(follow(row, name)), right=True)


@cache
def kind_of_money(name: str = "simulated", label: str = "Money") -> Column:
    """Real dollars, or those of the simulator."""
    return column(name, label, lambda row: SIMULATED if follow(row, name) else "real")


@cache
def step(label: str = "Step") -> Column:
    """What a step is called, its key in the title."""
    return column("step", label, lambda row: _named("_step_name.html", row))


@cache
def pattern(label: str = "Pattern") -> Column:
    """What a pattern is called."""
    return column("pattern_name", label, lambda row: _named("_pattern_name.html", row))


@cache
def call(label: str = "Call") -> Column:
    """For lists: the step, and under it the pattern."""
    return column("call", label, lambda row: _named("_call_name.html", row))


def _named(template: str, row: Any) -> str:
    """What templates alone know: names are of runs, an app above."""
    return render_to_string(f"billing/admin/{template}", {"row": row})


@cache
def confidence(label: str = "How sure") -> Column:
    """Nothing for an exact amount, as everywhere: only what isn't has a tag."""

    def show(row: Any) -> str:
        tone = TONES.get(row.confidence)
        return badge(row.get_confidence_display(), tone) if tone else "exact"

    return column("confidence", label, show)
