"""Forking a run from one of its steps, and comparing the two."""

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from runs.models import Run
from tests.browser.reading import run_id
from tests.browser.visitor import TASK, follow, submit_task

pytestmark = pytest.mark.browser


def test_a_fork_goes_on_from_a_step_and_is_compared(page: Page, worker, owner: User) -> None:
    page.goto("/")
    submit_task(page, TASK)
    expect(page.locator(".run-meta .chip")).to_have_text("Succeeded")
    source = Run.objects.get(pk=run_id(page))

    tool = page.locator(".step", has_text="Using Calculator").first
    tool.locator("summary").first.click()
    follow(page, tool.get_by_role("link", name="Fork from here"))
    expect(page.locator(".going-on")).to_contain_text("2 steps taken over")
    expect(page.get_by_role("radio")).to_have_count(1)
    expect(page.get_by_role("textbox", name="Task")).to_have_value(TASK)
    page.get_by_label("Model").select_option("gpt-4.1")
    expect(page.locator("#estimate")).to_contain_text("this one costs less")
    page.get_by_role("button", name="Run", exact=False).click()
    page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}/$"))

    expect(page.locator(".run-meta .chip")).to_have_text("Succeeded")
    fork = Run.objects.get(forked_from=source)
    assert (fork.chosen_model, fork.llm_calls) == ("gpt-4.1", source.llm_calls - 1)
    expect(page.locator(".run-meta")).to_contain_text("Fork of run")
    expect(page.locator(".replayed", has_text="taken over")).to_have_count(2)
    expect(page.locator(".checks-bad")).to_have_count(0)

    page.get_by_role("link", name="Compare").click()
    page.get_by_role("link", name="Run").filter(has_text=str(source.pk)[:13]).click()
    page.wait_for_url(re.compile(rf"a={fork.pk}&b={source.pk}"))
    expect(page.locator("h1")).to_have_text(TASK)
    steps = page.get_by_role("table", name="Steps of both runs by key")
    expect(steps.locator("tbody tr")).to_have_count(3)
    expect(steps).to_contain_text("taken over, saved $")
    asked = page.get_by_role("table", name="What was asked for differently")
    expect(asked.locator("tbody tr")).to_have_count(1)
    expect(asked).to_contain_text("gpt-4.1")
