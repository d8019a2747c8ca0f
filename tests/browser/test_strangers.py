"""What others may see of a run, and text that wants to be code."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from tests import journal
from tests.factories import PASSWORD, RunFactory

pytestmark = pytest.mark.browser

HOSTILE = (
    "<script>document.title = 'owned'</script>"
    "<img src=x onerror=\"document.title = 'owned'\">"
    "[click](javascript:document.title='owned') "
    "![spy](http://spy.example/x.png) "
    "<svg onload=\"document.title = 'owned'\"></svg> the end"
)


def test_someone_else_finds_nothing(page_for: Callable[..., Page], owner: User, no_worker) -> None:
    run = RunFactory.create(owner=owner)
    stranger = User.objects.create_user(f"{uuid4().hex}@example.org", PASSWORD)
    page = page_for(stranger)
    answer = page.goto(f"/runs/{run.pk}/")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    assert run.task not in page.content()


def test_hostile_text_stays_text(page: Page, owner: User, no_worker) -> None:
    run = journal.start(RunFactory.create(owner=owner, task=HOSTILE))
    journal.buy(run, content=HOSTILE)
    journal.use_tool(run, arguments={"expression": HOSTILE}, observation=HOSTILE)
    journal.finish(run, HOSTILE)
    for address in (f"/runs/{run.pk}/", "/runs/", f"/?from={run.pk}"):
        page.goto(address)
        expect(page.locator("main")).to_contain_text("owned")
        expect(page).not_to_have_title("owned")
        assert page.locator("main script, main img, [onerror], [onload]").count() == 0
        assert page.locator("a[href^='javascript']").count() == 0
    page.goto(f"/runs/{run.pk}/")
    expect(page.locator("#answer-text")).to_contain_text("the end")


def test_hostile_text_stays_text_while_it_is_written(page: Page, submit, worker) -> None:
    run = submit(f"Summarise this: [sim: tokens_per_s=200]\n{HOSTILE}", pattern="reflection")
    page.goto(f"/runs/{run.pk}/")
    expect(page.locator(".run-meta .chip")).to_have_text("Succeeded")
    expect(page).not_to_have_title("owned")
    assert page.locator("main script, main img, [onerror], [onload]").count() == 0
