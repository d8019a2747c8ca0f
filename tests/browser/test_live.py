"""A run that is being watched: cancelled in mid-stream, and through a restart of the web server."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from runs.models import Run
from runs.states import Status
from tests.browser.reading import bill
from tests.pace import limit, seconds_of
from tests.stack import Stack, kill_now

pytestmark = pytest.mark.browser

SLOW = "Describe a lighthouse. [sim: chunks={chunks} rate=30]"


def longer_than(length: int) -> re.Pattern[str]:
    """Matches texts of more than so many characters."""
    return re.compile(rf".{{{length}}}.", re.DOTALL)


def test_reflection_shows_what_its_review_found(page: Page, worker, submit, ended) -> None:
    run = submit("Explain how a lighthouse works. [sim: tokens_per_s=300]", pattern="reflection")
    page.goto(f"/runs/{run.pk}/")
    expect(page.locator(".run-meta .chip")).to_have_text("Succeeded")
    review = page.locator(".step", has_text="Reviewing")
    review.locator("> summary").click()
    critique = review.locator(".artifact")
    expect(critique).to_contain_text("Critique")
    expect(critique.locator(".tag", has_text="should fix").first).to_be_visible()
    assert ended(run).status == Status.SUCCEEDED


def test_cancel_in_mid_stream_keeps_the_partial_answer(page: Page, worker, submit) -> None:
    run = submit(SLOW.format(chunks=900), tools=[])
    usual_s = seconds_of(lambda: page.goto(f"/runs/{run.pk}/"))
    answer = page.locator("#answer-text")
    expect(page.locator("#answer-text")).to_have_text(longer_than(60))
    asked = time.monotonic()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".run-meta .chip")).to_have_text("Cancelled")
    assert time.monotonic() - asked < limit(5, usual_s)
    expect(page.locator("#answer-title")).to_have_text("Partial")
    expect(answer).not_to_have_attribute("aria-busy", "true")
    run.refresh_from_db()
    assert run.status == Status.CANCELLED
    assert len(answer.inner_text()) > 60
    expect(page.locator(".bill .tag").first).to_have_text("estimated")
    lines, total = bill(page)
    assert sum(lines) == total == run.cost_usd > 0


def test_the_view_survives_a_restart_of_the_web_server(
    page: Page, stack: Stack, worker, submit, ended
) -> None:
    run: Run = submit(SLOW.format(chunks=240), tools=[])
    page.goto(f"/runs/{run.pk}/")
    reconnecting = page.locator("#reconnecting")
    expect(page.locator("#answer-text")).to_have_text(longer_than(30))
    expect(reconnecting).to_be_hidden()
    assert stack.web is not None
    kill_now(stack.web)
    expect(reconnecting).to_be_visible()
    expect(page.locator(".run-meta .chip")).to_have_text("Running")
    stack.start_web()
    stack.wait_for_http(f"{stack.web_url}/healthz")
    expect(reconnecting).to_be_hidden()
    expect(page.locator(".run-meta .chip")).to_have_text("Succeeded")
    expect(page.locator(".run-meta .chip")).to_have_text("Succeeded")
    ended(run)
    shown = page.locator("#answer-text").inner_text().split()
    assert shown == (run.answer or "").split()
