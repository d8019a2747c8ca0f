"""A real Chromium on a running site whose provider writes at a reader's pace."""

import shutil
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from accounts.models import User
from runs.models import Run
from tests.browser.watch import Watch
from tests.stack import HTTP, Stack
from tests.stack_fixtures import (
    ended,
    every_flow,
    key,
    live_database,
    live_env,
    no_worker,
    owner,
    worker,
)

__all__ = [
    "ended",
    "every_flow",
    "key",
    "live_database",
    "live_env",
    "no_worker",
    "owner",
    "worker",
]

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
# It has none here, and would imitate one.
WITHOUT_GPU = ("--disable-gpu", "--disable-software-rasterizer")
TOKENS_PER_S = 40
WAIT_MS = 90_000
DESKTOP = {"width": 1280, "height": 900}
# A picture that moves is drawn anew all the time, which takes more than all else that is shown.
STILL = {"reduced_motion": "reduce"}
VIEWS: list[dict[str, Any]] = [
    {"color_scheme": "light"},
    {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}, "is_mobile": True},
]


@pytest.fixture(scope="session")
def stack(live_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Simulator and web, with the static files that pages need."""
    call_command("collectstatic", interactive=False, verbosity=0)
    stack = Stack(tmp_path_factory.mktemp("stack"), live_env | {"STRONG_MODELS": "gpt-4.1"})
    stack.start_simulator(tokens_per_s=TOKENS_PER_S)
    stack.start_web()
    stack.wait_for_http(f"{stack.simulator_url}/v1/models")
    stack.wait_for_http(f"{stack.web_url}/healthz")
    yield stack
    stack.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The Chromium of this machine."""
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        pytest.fail("Browser tests need Chromium, none is on PATH: apt install chromium")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright's loop runs in this thread, and Django's ORM would refuse to work beside it.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        expect.set_options(timeout=WAIT_MS)
        browser = playwright.chromium.launch(executable_path=program, args=WITHOUT_GPU)
        yield browser
        browser.close()


@pytest.fixture
def context_for(browser: Browser, stack: Stack) -> Iterator[Callable[..., BrowserContext]]:
    """Make a browser profile; with a user, one that is signed in."""
    made: list[BrowserContext] = []

    def make(user: User | None = None, **options: Any) -> BrowserContext:
        usual = {"base_url": stack.web_url, "viewport": DESKTOP, **STILL}
        context = browser.new_context(**{**usual, **options})
        context.set_default_timeout(WAIT_MS)
        made.append(context)
        if user is not None:
            client = Client()
            client.force_login(user)
            session = client.cookies["sessionid"].value
            host = urlsplit(stack.web_url).hostname
            context.add_cookies(
                [{"name": "sessionid", "value": session, "domain": host, "path": "/"}]
            )
        return context

    yield make
    for context in made:
        context.close()


@pytest.fixture
def page_for(
    context_for: Callable[..., BrowserContext], stack: Stack
) -> Iterator[Callable[..., Page]]:
    """Open a tab whose console must stay clean and which may only talk to this site."""
    watches: list[Watch] = []

    def make(user: User | None = None, **options: Any) -> Page:
        page = context_for(user, **options).new_page()
        watches.append(Watch(page, options.get("base_url", stack.web_url)))
        return page

    yield make
    for watch in watches:
        assert watch.complaints == []


@pytest.fixture
def page(page_for: Callable[..., Page], owner: User) -> Page:
    """The owner's tab, signed in."""
    return page_for(owner)


@pytest.fixture
def submit(stack: Stack, key: str) -> Callable[..., Run]:
    """Submit a task of the owner's, as a script does."""

    def submit(task: str, **body: object) -> Run:
        headers = {"Authorization": f"Token {key}"}
        url = f"{stack.web_url}/api/v1/runs/"
        answer = HTTP.post(url, json={"task": task, **body}, headers=headers, timeout=90)
        assert answer.status_code == 202, answer.text
        return Run.objects.get(pk=answer.json()["id"])

    return submit


@pytest.fixture(params=VIEWS, ids=["wide-light", "phone-dark"])
def visit(request, page_for: Callable[..., Page], owner: User) -> Page:
    """The owner's page: wide and light, then a dark phone."""
    return page_for(owner, **request.param)
