"""The money in the frame moves with a run, and agrees with the run's budget card."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.browser.reading import dollars
from tests.factories import set_budget

pytestmark = pytest.mark.browser

LEFT = "#purse b"
CARD = "[data-part=budgets] .budget .row .num b"
VIEWS: list[dict[str, Any]] = [
    {"color_scheme": "light"},
    {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}, "is_mobile": True},
]
# Notes each pair of figures that a reader could have seen, after a frame, when all is replaced.
RECORDER = f"""
window.pairs = [];
new MutationObserver(() => requestAnimationFrame(() => {{
  const pair = ['{LEFT}', '{CARD}'].map((place) => document.querySelector(place)?.textContent);
  window.pairs.push(pair);
}})).observe(document, {{subtree: true, childList: true, characterData: true}});
"""


@pytest.fixture(params=VIEWS, ids=["wide-light", "phone-dark"])
def visit(request, page_for: Callable[..., Page], owner: User) -> Page:
    return page_for(owner, **request.param)


def test_money_moves_with_a_run_and_agrees_with_its_card(
    visit: Page, owner: User, worker, submit, ended
) -> None:
    set_budget(150, scope="user", user=owner)
    run = submit("Describe a lighthouse. [sim: chunks=120 rate=40]", tools=[])
    visit.add_init_script(RECORDER)
    visit.goto(f"/runs/{run.pk}/")
    expect(visit.locator(LEFT)).to_be_visible()
    expect(visit.locator(".run-meta .chip")).to_have_text("Succeeded")
    cost = ended(run).cost_usd
    assert cost > 0
    expect(visit.locator(CARD)).to_have_text(visit.locator(LEFT).inner_text())
    assert abs(150 - cost - dollars(visit.locator(LEFT).inner_text())) <= 0.0001
    pairs = [pair for pair in visit.evaluate("window.pairs") if None not in pair]
    assert [pair for pair in pairs if pair[0] != pair[1]] == []
    assert len({pair[0] for pair in pairs}) > 1


def test_money_moves_on_the_list(visit: Page, owner: User, worker, submit, ended) -> None:
    set_budget(150, scope="user", user=owner)
    run = submit("Describe a lighthouse. [sim: chunks=120 rate=40]", tools=[])
    visit.goto("/runs/")
    cost = ended(run).cost_usd
    expect(visit.locator("#list [data-active=false]")).to_have_count(1)
    assert abs(150 - cost - dollars(visit.locator(LEFT).inner_text())) <= 0.0001
