"""Every page shows the same left, held and limit of a budget, whatever the amounts are."""

import re
from decimal import Decimal

import pytest

from billing.models import BudgetWindow
from tests import journal
from tests.factories import RunFactory, set_budget

pytestmark = pytest.mark.django_db

AMOUNTS = [  # limit, settled
    ("150", "0"),
    ("150", "0.14"),
    ("150", "0.1444"),
    ("9.99", "0.00000123"),
    ("0.3333333", "0.1"),
    ("1234.5", "1233.99995"),
    ("5", "6.789"),
]
LEFT = (
    r'class="side-budget num"[^>]*>.*?<b>([^<]+)</b> left',
    r'class="left push".*?<b>([^<]+)</b> of',
    r'<b>([^<]+)</b> <span class="faint">left',
    r'class="r cost"><b>([^<]+)</b>',
)
LIMIT = (
    r'class="long faint">of (\S+) ·',
    r"</b> of (\S+) left",
    r"<span>of (\S+) until",
    r'class="only-phone">of </span>([^<]+)<',
)
HELD = (r'title="(\S+) is held', r"\+ (\S+) held", r'class="only-phone">held </span>([^<]+)<')


def found(html: str, patterns: tuple[str, ...]) -> list[str]:
    return [text for pattern in patterns for text in re.findall(pattern, html, re.DOTALL)]


@pytest.mark.parametrize(("limit", "settled"), AMOUNTS)
def test_all_figures_of_a_page_agree(client_for, alice, limit, settled):
    set_budget(limit)
    run = journal.start(RunFactory.create(owner=alice))
    journal.dispatch(run)
    window = BudgetWindow.objects.get(simulated=True)
    held = window.held_usd
    assert held > 0
    BudgetWindow.objects.filter(pk=window.pk).update(settled_usd=Decimal(settled))
    browser = client_for(alice)
    shown: dict[str, set[str]] = {"left": set(), "limit": set(), "held": set()}

    for address, figures in (
        ("/", 2),
        ("/runs/", 1),
        ("/usage/", 1),
        ("/models/", 1),
        ("/budgets/", 2),
        (f"/runs/{run.pk}/", 2),
        (f"/runs/{run.pk}/fragments/", 2),
    ):
        html = browser.get(address).content.decode()
        left = found(html, LEFT)
        assert len(left) >= figures, address
        shown["left"] |= set(left)
        shown["limit"] |= set(found(html, LIMIT))
        shown["held"] |= set(found(html, HELD))

    assert {name: len(texts) for name, texts in shown.items()} == dict.fromkeys(shown, 1), shown
    rest = max(Decimal(0), Decimal(limit) - Decimal(settled) - held)
    (left_text,) = shown["left"]
    assert abs(Decimal(re.sub(r"[$,]", "", left_text)) - rest) <= Decimal("0.00005")
