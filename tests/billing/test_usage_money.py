"""How dollars are written: never rounded to look nice, never an amount that looks like nothing."""

from decimal import Decimal

import pytest

from billing.templatetags.money import share, unit_price, usd, usd_exact, usd_total


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, "—"),
        ("0", "$0.00"),
        ("0.0097953", "$0.0098"),
        ("12.5", "$12.5000"),
        ("0.000005", "$0.000005"),
        ("1234.5", "$1,234.5000"),
        ("-0.0012", "−$0.0012"),
    ],
)
def test_lists_have_four_decimals(amount, text):
    assert usd(None if amount is None else Decimal(amount)) == text


@pytest.mark.parametrize(
    ("amount", "text"), [("11.8364", "$11.84"), ("0.9999", "$0.9999"), ("0", "$0.00")]
)
def test_totals_have_two_decimals_from_a_dollar_on(amount, text):
    assert usd_total(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("amount", "digits", "html"),
    [
        ("0.0097953", 4, '<span class="money">$0.0097<span class="tail">953</span></span>'),
        ("0.0097", 7, '<span class="money">$0.0097<span class="tail">000</span></span>'),
        ("0.25", 4, '<span class="money">$0.2500</span>'),
        ("0", 0, '<span class="money">$0.00</span>'),
        (
            "0.000000000001",
            4,
            '<span class="money">$0.0000<span class="tail">00000001</span></span>',
        ),
    ],
)
def test_explained_amounts_have_every_digit(amount, digits, html):
    assert usd_exact(Decimal(amount), digits) == html


def test_unit_prices_and_shares():
    assert unit_price(Decimal("0.250000")) == "$0.25"
    assert unit_price(Decimal("2.000000")) == "$2.00"
    assert unit_price(Decimal("0.025")) == "$0.025"
    assert share(Decimal(1), Decimal(8)) == "12.5%"
    assert share(Decimal(0), Decimal(0)) == ""
