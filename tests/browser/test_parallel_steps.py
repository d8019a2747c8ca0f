"""Two calls of a run write at the same time: each is read in its own card."""

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from tests import journal
from tests.factories import RunFactory
from tests.live_writer import live_writer

pytestmark = pytest.mark.browser

LAMP, LENS = "react/t1/lamp", "react/t1/lens"


def card(page: Page, label: str) -> Locator:
    return page.locator(".step", has_text=label)


def text_in(page: Page, label: str) -> Locator:
    return card(page, label).locator("[data-live-text]")


def test_steps_that_write_at_once_are_read_each_in_its_own_card(
    page: Page, owner: User, no_worker: None
) -> None:
    run = journal.start(RunFactory.create(owner=owner, task="Explain a lighthouse."))
    lamp = journal.dispatch(run, LAMP, label="About the lamp")
    lens = journal.dispatch(run, LENS, label="About the lens")
    page.goto(f"/runs/{run.pk}/")
    with live_writer(run) as live:
        live.wait_for_a_viewer()
        live.write(LAMP, "The lamp ")
        expect(text_in(page, "lamp")).to_have_text("The lamp ")
        live.write(LENS, "The lens <b>")
        live.write(LAMP, "burns. 🔥 ")
        live.write(LENS, "bends")
        expect(text_in(page, "lamp")).to_have_text("The lamp burns. 🔥 ")
        expect(text_in(page, "lens")).to_have_text("The lens <b>bends")
        expect(text_in(page, "lamp")).to_be_visible()
        expect(text_in(page, "lens")).to_be_visible()
        expect(page.locator("#answer-text .caret")).to_have_count(0)
        expect(page.locator(".card-head [data-doing]")).to_have_text("2 steps at once")

        page.reload()
        live.wait_for_a_viewer()
        live.write(LAMP, "Bright.")
        expect(text_in(page, "lamp")).to_have_text("The lamp burns. 🔥 Bright.")
        expect(text_in(page, "lens")).to_have_text("The lens <b>bends")

        journal.settle(run, lamp, content="The lamp burns. 🔥 Bright.")
        live.end(LAMP)
        expect(text_in(page, "lamp")).to_have_count(0)
        expect(card(page, "lamp").locator(".step-title .sub")).to_contain_text("The lamp burns.")
        expect(card(page, "lamp").locator(".step-body")).to_be_hidden()
        live.write(LENS, " light.")
        expect(text_in(page, "lens")).to_have_text("The lens <b>bends light.")
        expect(page.locator("#answer-text")).to_have_text("The lens <b>bends light.")

        journal.settle(run, lens, content="The lens <b>bends light.")
        live.end(LENS)
        journal.finish(run, "It shines.")
        live.tell()
        expect(page.locator("#answer-text")).to_have_text("It shines.")
        expect(page.locator("[data-live-text]")).to_have_count(0)
