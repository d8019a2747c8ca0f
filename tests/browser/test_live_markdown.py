"""An answer while it is written: laid out as it will be, with figures that count up."""

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from tests import journal
from tests.factories import RunFactory
from tests.live_writer import LiveWriter, live_writer

pytestmark = pytest.mark.browser

THINK = "react/t1/think"
BEGUN = "### Why\n\nIt is **bright** <img src=x onerror=alert(1)>.\n\n"
LINE = "- a line of the answer that is long enough to fill the page\n"
HEIGHTS = {"width": 390, "height": 700}


@pytest.fixture(params=[{}, {"viewport": HEIGHTS, "color_scheme": "dark"}], ids=["wide", "phone"])
def any_page(request: pytest.FixtureRequest, page_for, owner: User) -> Page:
    """A wide light page, and a phone's dark one."""
    page: Page = page_for(owner, **request.param)
    return page


def write_all(live: LiveWriter, text: str) -> None:
    for start in range(0, len(text), 40):
        live.write(THINK, text[start : start + 40])


def test_an_answer_is_laid_out_while_it_is_written(
    any_page: Page, owner: User, no_worker: None
) -> None:
    page = any_page
    run = journal.start(RunFactory.create(owner=owner, task="Explain a lighthouse."))
    call = journal.dispatch(run, THINK)
    page.goto(f"/runs/{run.pk}/")
    expect(page).to_have_title(re.compile("^Running · Explain a lighthouse"))
    with live_writer(run) as live:
        live.wait_for_a_viewer()
        live.write(THINK, BEGUN)
        answer = page.locator("#answer-text")
        live.write(THINK, LINE * 5)
        expect(answer.locator("h3, h4, h5")).to_have_text("Why")
        expect(answer.locator("strong")).to_have_text("bright")
        expect(answer.locator("img")).to_have_count(0)
        expect(answer).to_contain_text("<img src=x")
        expect(page.locator("[data-estimated]", has_text="out")).to_contain_text("estimated")

        answer.locator(".caret").scroll_into_view_if_needed()
        for _ in range(4):
            write_all(live, LINE * 12)
            page.wait_for_timeout(350)
        expect(answer.locator("li")).to_have_count(53)
        expect(answer.locator(".caret")).to_be_in_viewport()
        shown = answer.locator("li").first.evaluate("e => e.outerHTML")

        text = BEGUN + LINE * 53
        journal.settle(run, call, content=text)
        live.end(THINK)
        journal.finish(run, text)
        live.tell()
        expect(page.locator(".run-meta .chip")).to_have_text("Succeeded")
        expect(page).to_have_title(re.compile("^Succeeded · "))
        expect(page.locator("#answer-title")).to_be_in_viewport()
        assert answer.locator("li").first.evaluate("e => e.outerHTML") == shown
        expect(page.locator(".step b").first).to_have_text("Answer")
        expect(page.locator("[data-estimated]")).to_have_count(0)


def test_a_thought_does_not_flash_as_the_answer(page: Page, owner: User, no_worker: None) -> None:
    run = journal.start(RunFactory.create(owner=owner, task="Explain a lighthouse."))
    tools = [{"type": "function", "function": {"name": "calculator"}}]
    journal.dispatch(run, THINK, request={"tools": tools})
    page.goto(f"/runs/{run.pk}/")
    with live_writer(run) as live:
        live.wait_for_a_viewer()
        live.write(THINK, "I need to work this out.")
        expect(page.locator("[data-live-text]")).to_have_text("I need to work this out.")
        page.wait_for_timeout(700)
        expect(page.locator("#answer-text .caret")).to_have_count(0)
        live.write(THINK, " And it goes on." * 20)
        expect(page.locator("#answer-text .caret")).to_have_count(1)
