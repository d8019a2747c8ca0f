"""The main flow: sign in, submit a task, watch it think and write, and read what it cost."""

from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from runs.models import Run, Step
from tests.browser.reading import RECORDER, bill, dollars, run_id, seen
from tests.browser.visitor import TASK, sign_in, submit_task
from tests.stack import Stack, standing_still

pytestmark = pytest.mark.browser

SLOWLY = f"{TASK} [sim: tokens_per_s=10 on=2]"


def test_from_sign_in_to_an_answer_with_an_exact_bill(
    page_for, owner: User, stack: Stack, worker
) -> None:
    page = page_for(reduced_motion="no-preference")
    page.add_init_script(RECORDER)
    sign_in(page, owner)
    with standing_still(stack.simulator):
        submit_task(page, SLOWLY)
        expect(page.locator(".run-meta .chip")).to_have_text("Running")
        expect(page.locator(".step", has_text="thinking")).to_be_visible()
    expect(page.locator(".step[data-kind=tool]")).to_contain_text("Calculator")
    expect(page.locator(".run-meta .chip")).to_have_text("Succeeded")
    run = Run.objects.get(pk=run_id(page))
    assert (run.owner, run.task, run.pattern) == (owner, SLOWLY, "react")

    noted = seen(page)
    # It is laid out some three times a second, and takes several.
    assert len(set(noted.lengths)) >= 2
    assert noted.lengths[0] < noted.lengths[-1]
    assert len(noted.costs) >= 2
    assert noted.costs == sorted(noted.costs)
    assert_complete(page, run)
    page.reload()
    assert_complete(page, run)


def assert_complete(page: Page, run: Run) -> None:
    expect(page.locator(".run-meta .chip")).to_have_text("Succeeded")
    expect(page.locator("#answer-text")).to_contain_text("339.8")
    expect(page.locator(".run-meta .sim")).to_be_visible()
    assert page.locator(".step").count() == Step.objects.filter(run=run).count() == 3
    lines, total = bill(page)
    assert sum(lines) == total == run.cost_usd > 0
    assert dollars(page.locator(".stats [data-live=cost]").inner_text()) == run.cost_usd
    steps = page.locator(".step .c").all_inner_texts()
    shown = [Decimal(0) if cost == "free" else dollars(cost) for cost in steps]
    assert abs(sum(shown) - run.cost_usd) <= Decimal("0.00005") * len(shown)
    entries = run.llm_calls
    expect(page.locator(".tick").first).to_have_text(f"Equals the sum of {entries} ledger lines")
    expect(page.locator(".checks-bad")).to_have_count(0)
