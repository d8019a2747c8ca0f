"""What a pattern plans is drawn in its step while the steps after it are made."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from runs.states import Status
from tests.browser.reading import bill
from tests.stack import Stack, standing_still, wait_for

pytestmark = pytest.mark.browser
SUM = "What is 12 % of 18,400, and what is 17 % of 2,340?"
PORTO = "Plan an offsite in Porto. [sim: tokens_per_s=120]"
OWLS = "Write about owls. [sim: tokens_per_s=120]"
WIDE, PHONE = (1280, "light"), (390, "dark")


@pytest.mark.parametrize(
    ("pattern", "task", "kind", "name", "window"),
    [
        ("plan_and_solve", "Plan a workshop on incident reviews.", "outline", "Plan", WIDE),
        ("llm_compiler", SUM, "graph", "Graph", PHONE),
        ("rewoo", SUM, "evidence", "Evidence", WIDE),
        ("self_discovery", "Which office should we rent?", "structure", "Structure", PHONE),
        ("lats", PORTO, "search_tree", "Tree", WIDE),
        ("storm", OWLS, "contents", "Contents", PHONE),
    ],
)
def test_a_plan_is_drawn_while_it_is_worked_off(
    page_for: Callable[..., Page],
    owner: User,
    worker,
    submit,
    ended,
    stack: Stack,
    pattern: str,
    task: str,
    kind: str,
    name: str,
    window: tuple[int, str],
) -> None:
    width, scheme = window
    page = page_for(owner, color_scheme=scheme, viewport={"width": width, "height": 844})
    status = page.locator(".run-meta .chip")
    plan = page.locator(".step[open] .artifact", has_text=name)
    with standing_still(stack.simulator):
        run = submit(task, pattern=pattern)
        page.goto(f"/runs/{run.pk}/")
        expect(status).to_have_text("Running")
    wait_for(run.events.filter(type="artifact", data__kind=kind).exists)
    with standing_still(stack.simulator):
        expect(plan).to_be_visible()
        assert status.inner_text() == "Running"
    expect(status).to_have_text("Succeeded")
    expect(plan).to_be_visible()
    expect(plan.locator(".done, .ok, .best").first).to_be_visible()
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    assert ended(run).status == Status.SUCCEEDED
    lines, total = bill(page)
    assert sum(lines) == total == run.cost_usd
