"""A developer too sees our error pages, with a reference, and none of Django's debug pages."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from agentsite.local.ports import free_port
from tests.browser.axe import violations
from tests.stack import Stack

pytestmark = pytest.mark.browser

SETTINGS = "tests.browser.broken_site.settings"
PAGES = {
    "broken": (500, "Something failed on our side"),
    "malformed": (400, "The request can’t be read"),
    "forbidden": (403, "You may not open this"),
    "away": (503, "The site can’t answer just now"),
}


@pytest.fixture(scope="module")
def site(stack: Stack) -> Iterator[str]:
    """A developer's site on the tests' servers, which is made to fail."""
    port = str(free_port())
    web = stack.start(
        "broken",
        "agentsite.server",
        "-p",
        port,
        "agentsite.asgi:application",
        ENVIRONMENT="development",
        DJANGO_SETTINGS_MODULE=SETTINGS,
    )
    stack.wait_for_http(f"http://127.0.0.1:{port}/healthz")
    yield f"http://127.0.0.1:{port}"
    stack.stop(web)


@pytest.mark.parametrize("name", PAGES)
def test_an_error_shows_our_page(page_for: Callable[..., Page], site: str, name: str) -> None:
    status, heading = PAGES[name]
    page = page_for(base_url=site, reduced_motion="reduce")
    answer = page.goto(f"/fail/{name}/")
    assert answer is not None
    assert answer.status == status
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    assert not re.search(r"Traceback|mistake|settings|DEBUG", page.content())
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 844})
    assert violations(page) == []
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    if status == 500:
        expect(page.locator("main code")).to_have_text(answer.headers["x-request-id"])
