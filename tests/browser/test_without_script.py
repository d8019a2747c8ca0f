"""Without JavaScript: signing in, submitting, reading, cancelling and filtering go by reload."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from runs.models import Run
from runs.states import TERMINAL, Status
from tests.browser.reading import bill
from tests.browser.visitor import TASK, sign_in, submit_task
from tests.stack import wait_for

pytestmark = pytest.mark.browser


@pytest.fixture
def plain(page_for, owner: User) -> Page:
    """A tab that runs no script, signed in through the form."""
    page: Page = page_for(java_script_enabled=False)
    sign_in(page, owner)
    return page


def test_a_run_is_submitted_and_read_after_a_reload(plain: Page, owner: User, worker) -> None:
    submit_task(plain, TASK)
    run = Run.objects.get(owner=owner)
    wait_for(lambda: Run.objects.filter(pk=run.pk, status__in=TERMINAL).exists())
    plain.reload()
    expect(plain.locator("#answer-text")).to_contain_text("339.8")
    lines, total = bill(plain)
    assert sum(lines) == total > Decimal(0)


def test_the_examples_of_a_first_visit_run(plain: Page, owner: User, worker) -> None:
    tabs = [plain, plain.context.new_page(), plain.context.new_page()]
    for tab in tabs:
        tab.goto("/")
    for tab, name in zip(tabs, ("Explain", "Compare", "Summarise"), strict=True):
        with tab.expect_navigation():
            tab.get_by_role("button", name=name).click()
    wait_for(lambda: Run.objects.filter(owner=owner, status=Status.SUCCEEDED).count() == 3)
    for tab, words in zip(tabs, ("line 17", "18,000", "invoice"), strict=True):
        tab.reload()
        expect(tab.locator("#answer-text")).to_contain_text(words)


def test_a_run_is_cancelled(plain: Page, owner: User, worker) -> None:
    submit_task(plain, "Describe a lighthouse. [sim: chunks=900 rate=30]")
    with plain.expect_navigation():
        plain.get_by_role("button", name="Cancel").click()
    wait_for(lambda: Run.objects.filter(owner=owner, status=Status.CANCELLED).exists())
    plain.reload()
    expect(plain.locator(".run-meta .chip")).to_have_text("Cancelled")


def test_the_list_is_filtered(plain: Page, submit, worker) -> None:
    submit("Name three lighthouses.", pattern="reflection")
    submit("What is 6*7?")
    plain.goto("/runs/")
    expect(plain.locator("tbody tr")).to_have_count(2)
    plain.get_by_label("Pattern", exact=True).select_option("reflection")
    plain.get_by_role("button", name="Filter").click()
    expect(plain).to_have_url(re.compile("pattern=reflection"))
    expect(plain.locator("tbody tr")).to_have_count(1)
    expect(plain.locator("tbody tr")).to_contain_text("Name three lighthouses.")
