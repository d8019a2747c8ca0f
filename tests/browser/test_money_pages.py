"""API tokens, Usage and Operations."""

from collections.abc import Callable

import httpx2
import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from tests import journal
from tests.browser.reading import dollars
from tests.factories import RunFactory
from tests.stack import Stack

pytestmark = pytest.mark.browser


def test_a_token_is_made_used_and_revoked(page: Page, stack: Stack) -> None:
    page.goto("/tokens/")
    page.get_by_role("link", name="New token").first.click()
    dialog = page.get_by_role("dialog", name="New token")
    dialog.get_by_label("Name").fill("nightly report")
    dialog.get_by_role("button", name="Create token").click()
    key = page.locator("#key").inner_text()
    page.wait_for_load_state()
    page.get_by_role("button", name="Copy").first.click()

    def status() -> int:
        headers = {"Authorization": f"Token {key}"}
        return httpx2.get(f"{stack.web_url}/api/v1/runs/", headers=headers).status_code

    assert status() == 200
    page.goto("/tokens/")
    assert key not in page.content()
    page.get_by_role("link", name="Revoke nightly report").click()
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("is revoked")).to_be_visible()
    assert status() == 401


def test_usage_shows_what_a_run_cost(page: Page, owner: User, no_worker) -> None:
    run = journal.succeed(RunFactory.create(owner=owner))
    page.goto("/usage/")
    assert dollars(page.locator(".stat .money").first.inner_text()) == run.cost_usd
    expect(page.locator("h1 ~ .tick")).to_have_text("Matches ledger")
    for name in ("By model", "By pattern"):
        total = page.get_by_role("region", name=name).locator("tfoot .money").inner_text()
        assert dollars(total) == run.cost_usd
    page.get_by_text("Show as table").click()
    total = page.locator("details tfoot td").last.inner_text()
    assert dollars(total) == round(run.cost_usd, 4)
    series = page.get_by_role("group", name="Series").get_by_role("button").first
    series.click()
    expect(series).to_have_attribute("aria-pressed", "false")
    page.get_by_role("link", name="Token bucket").click()
    expect(page.get_by_role("group", name="Series").get_by_role("button")).to_have_count(2)
    page.locator(".table-list a").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(run.task)


def test_a_bar_of_usage_opens_the_runs_of_its_day(page: Page, owner: User, no_worker) -> None:
    journal.succeed(RunFactory.create(owner=owner))
    page.goto("/usage/?days=7")
    canvas = page.locator("#chart")
    box = canvas.bounding_box()
    assert box is not None
    # Today is the last of seven bars.
    canvas.hover(position={"x": box["width"] * 0.94, "y": box["height"] * 0.5})
    expect(page.locator(".tip")).to_contain_text("Total")
    canvas.click(position={"x": box["width"] * 0.94, "y": box["height"] * 0.5})
    page.wait_for_url("**/runs/?from=*")


def test_operations_are_for_staff(page_for: Callable[..., Page], owner: User, worker) -> None:
    page = page_for(owner)
    answer = page.goto("/ops/")
    assert answer is not None
    assert answer.status == 404
    page.goto("/runs/")
    expect(page.get_by_role("link", name="Operations")).to_have_count(0)
    owner.is_staff = True
    owner.save()
    page.reload()
    page.get_by_role("link", name="Operations").click()
    expect(page.get_by_role("heading", name="Workers")).to_be_visible()
    expect(page.locator("#ops-live")).to_have_text("Live")
