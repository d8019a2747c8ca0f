"""The composer says what Auto takes, and whether a limit is too low, as the form is filled in."""

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

CHEAP, STRONG = "gpt-4.1-mini", "gpt-4.1"


def test_auto_says_what_it_takes_for_what_is_typed_so_far(page: Page) -> None:
    page.goto("/")
    task, model = page.get_by_role("textbox", name="Task"), page.locator("#id_model")
    auto, why = model.locator("option[value=auto]"), page.locator("[data-routing]")
    expect(auto).to_have_text(f"Auto: {CHEAP} or {STRONG}")

    task.fill("What is 6 times 7?")
    expect(auto).to_have_text(f"Auto: {CHEAP}")
    expect(why).to_have_text(f"Auto takes {CHEAP}. A simple task: short and plain.")

    task.fill("Compare both and prove which one is better.")
    expect(auto).to_have_text(f"Auto: {STRONG}")
    expect(why).to_contain_text("A complex task")

    model.select_option(CHEAP)
    expect(why).to_have_count(0)
    expect(auto).to_have_text(f"Auto: {STRONG}")

    task.fill("")
    expect(auto).to_have_text(f"Auto: {CHEAP} or {STRONG}")


def test_enter_in_a_field_runs_the_task(page: Page, no_worker) -> None:
    page.goto("/")
    page.get_by_role("textbox", name="Task").fill("What is 6 times 7?")
    page.get_by_label("Cost limit").fill("0.50")
    page.get_by_label("Cost limit").press("Enter")
    page.wait_for_url(re.compile("/runs/.+"))


def test_a_limit_that_is_too_low_is_said_before_run_is_pressed(visit: Page) -> None:
    visit.goto("/")
    visit.get_by_role("textbox", name="Task").fill("What is 6 times 7?")
    strip, limit = visit.locator("#estimate"), visit.get_by_label("Cost limit")
    expect(strip).to_contain_text("none can cost more than the second")
    limit.fill("0.00001")
    expect(strip).to_contain_text("A cost limit of $0.00001 is too low to start: ")
    expect(strip.locator(".error-text")).to_be_visible()
    limit.fill("0.50")
    expect(strip.locator(".error-text")).to_have_count(0)
