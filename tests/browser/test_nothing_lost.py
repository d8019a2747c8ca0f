"""What a person typed or clicked isn't lost: drafts, Cancel, sessions that end."""

from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import BrowserContext, Locator, Page, expect

from accounts.models import User
from runs.models import Run
from runs.states import Status
from tests import journal
from tests.browser.visitor import sign_in
from tests.factories import PASSWORD, RunFactory, UserFactory

pytestmark = pytest.mark.browser

TASK = "Explain a lighthouse to a sailor."


def task_field(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Task")


def test_a_draft_is_not_shown_to_the_next_person(
    context_for: Callable[..., BrowserContext], owner: User
) -> None:
    page = context_for().new_page()
    sign_in(page, owner)
    task_field(page).fill(TASK)
    page.context.clear_cookies()
    other = UserFactory.create(password=PASSWORD)
    sign_in(page, other)
    expect(task_field(page)).to_have_value("")
    page.context.clear_cookies()
    sign_in(page, owner)
    expect(task_field(page)).to_have_value(TASK)


def test_a_task_sent_while_signed_out_comes_back_after_sign_in(
    context_for: Callable[..., BrowserContext], owner: User, no_worker: None
) -> None:
    page = context_for().new_page()
    sign_in(page, owner)
    task_field(page).fill(TASK)
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Run", exact=False).click()
    page.get_by_label("Email").fill(owner.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(task_field(page)).to_have_value(TASK)
    page.get_by_role("button", name="Run", exact=False).click()
    expect(page.locator("#run")).to_be_visible()
    page.wait_for_load_state()
    assert Run.objects.get(owner=owner).task == TASK
    page.goto("/")
    expect(task_field(page)).to_have_value("")


def test_cancel_without_a_connection_is_sent_when_it_is_back(
    page: Page, owner: User, no_worker: None
) -> None:
    run = RunFactory.create(owner=owner)
    page.goto(f"/runs/{run.pk}/")
    page.context.set_offline(True)
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#unsent")).to_contain_text("sent when it is back")
    expect(page.get_by_role("button", name="Cancelling…")).to_be_focused()
    page.context.set_offline(False)
    expect(page.locator(".run-meta .chip")).to_have_text("Cancelled")
    expect(page.locator("#unsent")).to_be_hidden()
    expect(page.locator("h1")).to_be_focused()
    run.refresh_from_db()
    assert run.status == Status.CANCELLED


def test_a_run_page_says_that_its_session_ended(page: Page, owner: User, no_worker: None) -> None:
    run = journal.start(RunFactory.create(owner=owner))
    page.goto(f"/runs/{run.pk}/")
    Session.objects.all().delete()
    alert = page.locator("#signed-out")
    expect(alert).to_contain_text("You are signed out")
    expect(page.locator("#reconnecting")).to_be_hidden()
    alert.get_by_role("link", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert str(run.pk) in page.url
