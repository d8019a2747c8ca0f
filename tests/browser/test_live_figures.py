"""Usage, Budgets and Operations follow what happens, without a reload."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from billing.money import format_usd
from runs.models import Run
from tests import journal
from tests.factories import PASSWORD, RunFactory, set_budget

pytestmark = pytest.mark.browser


def expect_spent(page: Page, amount: Decimal) -> None:
    expect(page.get_by_text(f"${format_usd(amount)} to the last digit")).to_be_visible()


def test_usage_follows_what_is_spent(page: Page, worker, submit, ended) -> None:
    page.goto("/usage/")
    expect(page.get_by_role("heading", name="Nothing spent in this range")).to_be_visible()
    run: Run = ended(submit("What is 17 % of 2,340, minus 58?"))
    expect(page.locator("#chart")).to_be_visible()
    expect(page.locator("h1 ~ .tick")).to_have_text("Matches ledger")
    expect_spent(page, run.cost_usd)
    # What the reader opened stays open while figures change.
    page.get_by_text("Show as table").click()
    second: Run = ended(submit("What is 18 % of 2,340, minus 58?"))
    expect_spent(page, run.cost_usd + second.cost_usd)
    expect(page.locator("details.as-table")).to_have_attribute("open", "")


def test_budgets_follow_what_is_held_and_settled(page: Page, owner: User, no_worker) -> None:
    set_budget(10, scope="user", user=owner, period="month")
    page.goto("/budgets/")
    row = page.get_by_role("region", name="Mine").locator("tbody tr").first
    expect(row).to_contain_text("$10")
    before = row.inner_text()
    journal.succeed(RunFactory.create(owner=owner))
    expect(row).not_to_have_text(before)
    expect(page.locator("#purse")).to_be_visible()


def test_operations_follow_the_site(
    page_for: Callable[..., Page], owner: User, worker, submit
) -> None:
    staff = User.objects.create_superuser(f"staff-{owner.email}", PASSWORD)
    page = page_for(staff)
    page.goto("/ops/")
    expect(page.locator("#ops-live")).to_have_text("Live")
    submit("Describe a lighthouse at work. [sim: chunks=200 rate=20]", tools=[])
    running = page.get_by_role("region", name="Running now")
    expect(running).to_contain_text("Describe a lighthouse at work.")
