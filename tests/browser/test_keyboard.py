"""What the keyboard does."""

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from tests import journal
from tests.factories import RunFactory

pytestmark = pytest.mark.browser

RUN_PAGE = re.compile(r"/runs/[0-9a-f-]{36}/$")


def test_c_opens_new_run_and_ctrl_enter_submits(page: Page, worker) -> None:
    page.goto("/usage/")
    page.keyboard.press("c")
    expect(page.get_by_role("heading", name="New run")).to_be_visible()
    page.wait_for_load_state()
    expect(page.get_by_role("textbox", name="Task")).to_be_focused()
    page.keyboard.type("What is 6*7? c ? /")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(RUN_PAGE)
    expect(page.locator(".run-meta .chip")).to_have_text("Succeeded")


def test_question_mark_opens_the_list_and_escape_closes_it(page: Page) -> None:
    page.goto("/tokens/")
    keys = page.get_by_role("dialog", name="Keyboard")
    expect(keys).to_be_hidden()
    page.keyboard.press("?")
    expect(keys).to_be_visible()
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()


def test_single_keys_can_be_switched_off(page: Page) -> None:
    page.goto("/account/")
    page.get_by_role("switch", name="Single-key shortcuts").uncheck()
    page.goto("/usage/")
    page.keyboard.press("?")
    page.keyboard.press("c")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_hidden()
    expect(page).to_have_url(re.compile("/usage/$"))


def test_j_and_k_walk_the_list_and_enter_opens(page: Page, owner: User, no_worker) -> None:
    for task in ("the first", "the second", "the third"):
        journal.succeed(RunFactory.create(owner=owner, task=task))
    page.goto("/runs/")
    third, second = (page.get_by_role("link", name=f"the {nth}") for nth in ("third", "second"))
    for key, row in (("j", third), ("j", second), ("k", third), ("j", second)):
        page.keyboard.press(key)
        expect(row).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("the second")
    page.wait_for_load_state()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator(".step").first).to_have_attribute("open", "")
    page.keyboard.press("e")
    expect(page.locator(".step[open]")).to_have_count(3)
