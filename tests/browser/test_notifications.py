"""A run that ends while its reader looks elsewhere is told by the browser, if they chose so."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import User
from tests.browser.visitor import submit_task
from tests.browser.waiting import comes_true

pytestmark = pytest.mark.browser

# The browser shows what it is told on a desktop, which isn't here: the page keeps what it told.
KEEP = """
window.told = [];
const Real = window.Notification;
window.Notification = class extends Real {
  constructor(title, options) {
    super(title, options);
    window.told.push([title, options.body]);
  }
};
"""
AWAY = "Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' })"
SLOW = "Describe a lighthouse. [sim: chunks=60 rate=20]"


@pytest.fixture
def context(context_for: Callable[..., BrowserContext], owner: User) -> BrowserContext:
    context = context_for(owner)
    context.grant_permissions(["notifications"])
    context.add_init_script(KEEP)
    return context


def ended(page: Page) -> None:
    expect(page.locator(".run-meta .chip")).to_have_text("Succeeded")


def test_it_is_told_once_the_reader_chose_so_and_is_away(context: BrowserContext, worker) -> None:
    account = context.new_page()
    account.goto("/account/")
    choice = account.get_by_role("switch", name="Notify me when a run ends")
    expect(choice).not_to_be_checked()
    choice.check()

    page = context.new_page()
    page.goto("/")
    submit_task(page, SLOW)
    expect(page.get_by_role("switch", name="Notify me when it ends")).to_be_checked()
    page.evaluate(AWAY)
    ended(page)
    expect(page).to_have_title(
        "Succeeded · Describe a lighthouse. [sim: chunks=60 rate=20] · agentsite"
    )
    assert comes_true(page, "window.told.length === 1")
    title, body = page.evaluate("window.told[0]")
    assert title == page.title()
    assert body == f"It cost {page.locator('[data-live=cost]').first.inner_text()}."

    account.reload()
    choice.uncheck()
    page.goto("/")
    submit_task(page, f"{SLOW} Again.")
    page.evaluate(AWAY)
    ended(page)
    assert page.evaluate("window.told") == []
