"""The same task again: the form knows of the answer, and the run says who paid for it."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import User
from agentsite.local.ports import free_port
from runs.models import Run
from tests.browser.reading import run_id
from tests.browser.visitor import TASK, follow, submit_task
from tests.browser.watch import Watch
from tests.stack import Stack

pytestmark = pytest.mark.browser


@pytest.fixture
def site(stack: Stack) -> Iterator[str]:
    """A web process that gives answers again."""
    url = f"http://127.0.0.1:{free_port()}"
    server = ("agentsite.server", "-p", str(urlsplit(url).port), "agentsite.asgi:application")
    web = stack.start("web-cache", *server, RESULT_CACHE_S="3600")
    stack.wait_for_http(f"{url}/healthz")
    yield url
    stack.stop(web)


@pytest.fixture
def page(context_for: Callable[..., BrowserContext], owner: User, site: str) -> Iterator[Page]:
    """The owner's tab on that site."""
    page = context_for(owner, base_url=site).new_page()
    watch = Watch(page, site)
    yield page
    assert watch.complaints == []


def test_the_same_task_again_costs_nothing_and_says_who_paid(page: Page, worker) -> None:
    page.goto("/")
    submit_task(page, TASK)
    expect(page.locator(".run-meta .chip")).to_have_text("Succeeded")
    paid = Run.objects.get(pk=run_id(page))

    page.goto("/")
    page.get_by_role("textbox", name="Task").fill(TASK)
    expect(page.locator("#estimate")).to_contain_text("From the cache, at no cost")
    submit_task(page, TASK)
    expect(page.locator(".run-meta .chip")).to_have_text("Succeeded")
    hit = Run.objects.get(pk=run_id(page))
    assert (hit.cache_hit, hit.paid_by, hit.cost_usd) == (True, paid, 0)
    expect(page.locator(".run-meta")).to_contain_text("from cache")
    expect(page.locator("#answer-text")).to_contain_text("339.8")
    expect(page.locator(".stats [data-live=cost]")).to_have_text("$0.00")

    page.goto("/runs/")
    expect(page.locator(".tag", has_text="from cache")).to_have_count(1)
    page.goto(f"/runs/{hit.pk}/")
    page.get_by_role("link", name="Open run").click()
    page.wait_for_url(re.compile(f"/runs/{paid.pk}/$"))
    expect(page.locator(".run-meta")).not_to_contain_text("from cache")


def test_who_runs_it_again_asks_for_a_new_answer(page: Page, worker, owner: User) -> None:
    page.goto("/")
    submit_task(page, TASK)
    expect(page.locator(".run-meta .chip")).to_have_text("Succeeded")
    follow(page, page.get_by_role("link", name="Rerun"))
    expect(page.locator("#estimate")).not_to_contain_text("From the cache")
    expect(page.locator("#advanced-summary")).to_contain_text("Answer cache: Refresh")
    page.get_by_text("Advanced").click()
    wish = page.get_by_label("Answer cache")
    expect(wish).to_have_value("refresh")
    wish.select_option("use")
    expect(page.locator("#estimate")).to_contain_text("From the cache, at no cost")
    wish.select_option("refresh")
    page.get_by_role("button", name="Run", exact=False).click()
    page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}/$"))
    expect(page.locator(".run-meta .chip")).to_have_text("Succeeded")
    assert list(Run.objects.filter(owner=owner).values_list("cache_hit", flat=True)) == [False] * 2
