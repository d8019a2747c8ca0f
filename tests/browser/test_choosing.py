"""Help me choose: by keyboard, with and without script, and nothing of the composer is lost."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from tests.browser.visitor import TASK, sign_in

pytestmark = pytest.mark.browser


def chosen(page: Page) -> Locator:
    return page.locator("input[name=pattern]:checked")


def test_the_advice_follows_the_answers_and_fills_the_composer(page: Page, no_worker) -> None:
    page.goto("/")
    page.get_by_role("textbox", name="Task").fill(TASK)
    page.get_by_label("Cost limit").fill("0.05")
    page.get_by_role("link", name="Help me choose").click()
    dialog = page.get_by_role("dialog", name="Help me choose")
    dialog.get_by_role("radio", name="Yes, I could list the steps").check()
    expect(dialog).to_contain_text("Best fit: Plan-and-Solve")
    dialog.get_by_role("radio", name="Yes, tools have to look them up").check()
    dialog.get_by_role("radio", name="Cost", exact=True).check()
    expect(dialog).to_contain_text("Best fit: ReWOO")
    dialog.get_by_role("link", name="Use ReWOO").click()

    expect(dialog).to_be_hidden()
    expect(chosen(page)).to_have_value("rewoo")
    expect(chosen(page)).to_be_focused()
    expect(page.get_by_role("textbox", name="Task")).to_have_value(TASK)
    expect(page.get_by_label("Cost limit")).to_have_value("0.05")
    expect(page.locator("[data-params=rewoo]")).not_to_have_attribute("hidden", "")


def test_the_page_is_answered_by_keyboard_and_keeps_the_draft(page: Page, no_worker) -> None:
    page.goto("/")
    page.get_by_role("textbox", name="Task").fill(TASK)
    page.goto("/choose/")
    page.get_by_role("radio", name="An answer or a decision").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name="Best fit: Reflection")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/choose/\?outcome=text$"))
    page.reload()
    expect(page.get_by_role("radio", name="A text, a design or code")).to_be_checked()

    use = page.get_by_role("link", name="Use Reflection", exact=True)
    use.focus()
    page.keyboard.press("Enter")
    expect(chosen(page)).to_have_value("reflection")
    expect(page.get_by_role("textbox", name="Task")).to_have_value(TASK)


def test_the_answers_can_be_cleared(page: Page, no_worker) -> None:
    page.goto("/choose/?priority=cost")
    page.get_by_role("link", name="Clear the answers").click()
    expect(page.get_by_text("Answer a question")).to_be_visible()
    expect(page.locator("input:checked")).to_have_count(0)
    expect(page).to_have_url(re.compile("/choose/$"))


def test_it_works_without_script(page_for, owner: User, no_worker) -> None:
    page = page_for(java_script_enabled=False)
    sign_in(page, owner)
    page.get_by_role("link", name="Help me choose").click()
    page.get_by_role("radio", name="By a test or a fixed rule").check()
    page.get_by_role("button", name="Advise me").click()
    expect(page.get_by_role("heading", name="Best fit: Reflexion")).to_be_visible()
    page.get_by_role("link", name="Use Reflexion").click()
    expect(chosen(page)).to_have_value("reflexion")
