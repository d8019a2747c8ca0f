"""An answer with everything in it, as its reader sees and copies it."""

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from runs.models import Run
from tests import journal
from tests.factories import RunFactory
from tests.live_writer import live_writer
from tests.whole_answer import LONG, PYTHON, WHOLE_ANSWER

pytestmark = pytest.mark.browser

THINK = "react/t1/think"
PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
CLIPBOARD = "navigator.clipboard.readText()"
COLOURS = "all => all.map(e => getComputedStyle(e).color)"


@pytest.fixture(params=[{}, PHONE], ids=["wide", "phone"])
def any_page(request: pytest.FixtureRequest, page_for, owner: User) -> Page:
    """A wide light page, and a phone's dark one; both may use the clipboard."""
    page: Page = page_for(owner, permissions=["clipboard-read", "clipboard-write"], **request.param)
    return page


@pytest.fixture
def run(owner: User, no_worker: None) -> Run:
    """A run that a worker has claimed."""
    return journal.start(RunFactory.create(owner=owner, task="How often does it shine?"))


def test_an_answer_shows_and_copies_all_its_parts(any_page: Page, run: Run) -> None:
    page = any_page
    journal.buy(run, content=WHOLE_ANSWER)
    journal.finish(run, WHOLE_ANSWER)
    page.goto(f"/runs/{run.pk}/")
    answer = page.locator("#answer-text")
    headings = ["How the light turns", "What is left to do", "The figures", "Why"]
    expect(answer.get_by_role("heading")).to_have_text(headings)
    expect(answer.get_by_role("checkbox", name="Done")).to_be_checked()
    expect(answer.get_by_role("checkbox", name="To do")).to_have_count(2)
    expect(answer.locator(".math")).to_have_count(3)
    expect(answer.locator("p:dir(rtl)")).to_have_count(2)
    plain, *coloured = answer.locator(".code, .code .k1, .code .s1, .code .n1").evaluate_all(
        COLOURS
    )
    assert len({plain, *coloured}) == 4

    note = answer.get_by_role("link", name="Footnote 2")
    note.click()
    expect(page.locator(":target")).to_contain_text("Page 12 of the keeper's book.")
    answer.get_by_role("link", name="Back to reference 2").click()
    expect(note).to_be_in_viewport()

    buttons = answer.get_by_role("button", name="Copy code")
    for number, text in enumerate([PYTHON, LONG + "\n"]):
        buttons.nth(number).click()
        expect(answer.locator("[data-label]").nth(number)).to_have_text("Copied")
        expect(page.locator("[data-copied]")).to_have_text("Copied")
        assert page.evaluate(CLIPBOARD) == text
        expect(answer.locator("[data-label]").nth(number)).to_have_text("Copy")


def test_a_pressed_button_stays_while_the_answer_goes_on(any_page: Page, run: Run) -> None:
    page = any_page
    journal.dispatch(run, THINK)
    page.goto(f"/runs/{run.pk}/")
    with live_writer(run) as live:
        live.wait_for_a_viewer()
        live.write(THINK, f"It turns like this:\n\n```python\n{PYTHON}")
        answer = page.locator("#answer-text")
        button = answer.get_by_role("button", name=re.compile("code"))
        expect(answer.locator(".code .k1").first).to_have_text("from")
        button.click()
        expect(button).to_have_text("Copied code")
        live.write(THINK, "light = Beam()\n")
        expect(answer.locator(".code")).to_contain_text("light = Beam()")
        expect(button).to_be_focused()
        live.write(THINK, "```\n\nThat is all.")
        expect(answer).to_contain_text("That is all.")
        expect(button).to_be_focused()
        assert page.evaluate(CLIPBOARD) == PYTHON
