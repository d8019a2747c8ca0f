"""The money in the frame moves with a run, and agrees with the run's budget card."""

from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.browser.reading import dollars
from tests.factories import set_budget
from tests.stack import Stack, standing_still, wait_for

pytestmark = pytest.mark.browser

LEFT = "#purse b"
CARD = "[data-part=budgets] .budget .row .num b"
# Notes each pair of figures that a reader could have seen, after a frame, when all is replaced.
RECORDER = f"""
window.pairs = [];
new MutationObserver(() => requestAnimationFrame(() => {{
  const pair = ['{LEFT}', '{CARD}'].map((place) => document.querySelector(place)?.textContent);
  window.pairs.push(pair);
}})).observe(document, {{subtree: true, childList: true, characterData: true}});
"""


def left_after(page: Page, cost: Decimal) -> bool:
    """Whether the frame shows what is left of the budget after this cost."""
    return abs(150 - cost - dollars(page.locator(LEFT).inner_text())) <= Decimal("0.0001")


def test_money_moves_with_a_run_and_agrees_with_its_card(
    visit: Page, owner: User, stack: Stack, worker, submit, ended
) -> None:
    set_budget(150, scope="user", user=owner)
    visit.add_init_script(RECORDER)
    with standing_still(stack.simulator):
        run = submit("Describe a lighthouse. [sim: chunks=120 rate=40]", tools=[])
        visit.goto(f"/runs/{run.pk}/")
        expect(visit.locator(LEFT)).to_be_visible()
    expect(visit.locator(".run-meta .chip")).to_have_text("Succeeded")
    cost = ended(run).cost_usd
    assert cost > 0
    wait_for(lambda: left_after(visit, cost))
    expect(visit.locator(CARD)).to_have_text(visit.locator(LEFT).inner_text())
    pairs = [pair for pair in visit.evaluate("window.pairs") if None not in pair]
    assert [pair for pair in pairs if pair[0] != pair[1]] == []
    assert len({pair[0] for pair in pairs}) > 1


def test_money_moves_on_the_list(visit: Page, owner: User, worker, submit, ended) -> None:
    set_budget(150, scope="user", user=owner)
    run = submit("Describe a lighthouse. [sim: chunks=120 rate=40]", tools=[])
    visit.goto("/runs/")
    cost = ended(run).cost_usd
    expect(visit.locator("#list [data-active=false]")).to_have_count(1)
    wait_for(lambda: left_after(visit, cost))
