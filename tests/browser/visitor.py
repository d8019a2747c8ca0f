"""What a visitor does on every visit: signs in, and submits a task."""

import re

from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from tests.factories import PASSWORD

TASK = "What is 17 % of 2,340, minus 58?"


def sign_in(page: Page, owner: User) -> None:
    """Leaves a page whose scripts run: what is typed before that may be lost with the page."""
    page.goto("/")
    page.get_by_label("Email").fill(owner.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="New run")).to_be_visible()
    page.wait_for_load_state("load")


def follow(page: Page, link: Locator) -> None:
    """Click a link; leaves a page whose scripts run."""
    with page.expect_navigation():
        link.click()


def submit_task(page: Page, task: str) -> None:
    page.get_by_role("textbox", name="Task").fill(task)
    page.locator("label.pattern", has_text="ReAct").click()
    page.get_by_role("button", name="Run", exact=False).click()
    page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}/$"))
