"""A run that waits for its owner: on its page as it happens, and in the inbox."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.browser.places import asking
from tests.factories import WorkerFactory

pytestmark = pytest.mark.browser

# Its two calls bill 800 hidden tokens each. At its cap, only one fits beside the closing call.
TASK = "What is 17 % of 2,340, minus 58? [sim: reasoning=800]"


def test_money_is_added_where_the_run_is_watched(visit: Page, worker, submit) -> None:
    terms = {"tools": ["calculator"], "when_out_of_money": "ask"}
    run = submit(TASK, max_cost_usd="0.0148", **terms)
    visit.goto(f"/runs/{run.pk}/")
    expect(visit.locator(".run-meta .chip")).to_have_text("Needs money")
    expect(visit.locator("[data-count=waiting]")).to_have_text("1 waiting for you")
    visit.get_by_label("Raise its limit by").fill("0.05")
    visit.get_by_role("button", name="Add and go on").click()
    expect(visit.locator(".run-meta .chip")).to_have_text("Succeeded")
    expect(visit.locator("#answer-text")).to_contain_text("339.8")
    expect(visit.locator("#steps")).to_contain_text("Its limit was raised by $0.05 to $0.0648.")


def test_calls_are_decided_in_the_inbox(visit: Page, no_worker, owner: User) -> None:
    lease = timezone.now() + timedelta(hours=1)
    run = asking(owner, WorkerFactory.create(expires_at=lease))
    visit.goto("/")
    visit.get_by_role("link", name="Inbox").click()
    visit.get_by_label("Comment for the model").first.fill("not to him")
    visit.get_by_role("button", name="Decline").click()
    visit.get_by_role("button", name="It took effect").click()
    expect(visit.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    run.refresh_from_db()
    assert run.status == "queued"
    said = run.steps.order_by("id").filter(kind="tool").values_list("decision", flat=True)
    verdicts = [(one or {}).get("verdict") for one in said]
    assert verdicts == ["declined", "took_effect"]
