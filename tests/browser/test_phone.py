"""On a phone: nothing scrolls sideways, in either theme, and the theme is remembered."""

from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import ApiToken, User
from runs.models import Run
from tests import journal
from tests.factories import RunFactory, set_budget

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
LONG = "Compare-heat-pumps-and-boilers-" * 8
OVERFLOW = "document.scrollingElement.scrollWidth - innerWidth"
PUBLIC = ("/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/nowhere/")
PRIVATE = ("/", "/runs/", "/usage/", "/budgets/", "/tokens/", "/account/", "/ops/")


@pytest.fixture
def runs(owner: User, no_worker) -> list[Run]:
    """Runs with everything that could be too wide."""
    owner.is_staff = True
    owner.save()
    token, _ = ApiToken.objects.issue(user=owner, name="a-name-without-any-space-" * 3)
    set_budget("0.00000001", scope="token", api_token=token, hard=False)
    set_budget("1234567.12345678", scope="user", user=owner, timezone="America/Argentina/Ushuaia")
    failed = journal.start(RunFactory.create(owner=owner, task=LONG))
    journal.fail(failed, journal.dispatch(failed), message=f"Refused: {LONG}")
    journal.emit(failed, "notice", code="recovered", message=f"Moved. {LONG}")
    error = {"code": "provider_error", "message": LONG}
    journal.finish(failed, None, status="failed", stop_reason="error", error=error)
    table = f"| a | b |\n|---|---|\n| {LONG} | {LONG} |\n\n```\n{LONG}\n```"
    for model in journal.PRICES:
        journal.succeed(RunFactory.create(owner=owner, chosen_model=model))
    done = journal.start(RunFactory.create(owner=owner, task=LONG))
    journal.buy(done, content=LONG, cached=100, reasoning=24)
    journal.use_tool(done, arguments={"expression": LONG}, observation=LONG)
    return [failed, journal.finish(done, table), RunFactory.create(owner=owner, task=LONG)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_scrolls_sideways(
    page_for: Callable[..., Page], owner: User, runs: list[Run], scheme: Literal["light", "dark"]
) -> None:
    too_wide = {}
    for user, addresses in (
        (None, PUBLIC),
        (owner, (*PRIVATE, *(f"/runs/{run.pk}/" for run in runs))),
    ):
        page = page_for(user, color_scheme=scheme, **PHONE)
        for address in addresses:
            page.goto(address)
            for summary in page.locator("main details > summary").all():
                if summary.is_visible():
                    summary.click()
            if (pixels := page.evaluate(OVERFLOW)) > 0:
                too_wide[address] = pixels
    assert too_wide == {}


def test_the_theme_is_switched_and_remembered(
    context_for: Callable[..., BrowserContext], owner: User
) -> None:
    context = context_for(owner, color_scheme="light")
    page = context.new_page()
    page.goto("/account/")
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.get_by_role("main").get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    dark = page.evaluate(background)
    assert dark != light
    other = context.new_page()
    other.goto("/runs/")
    assert other.evaluate(background) == dark
    other.locator(".side").get_by_role("button", name="System").click()
    assert other.evaluate(background) == light
