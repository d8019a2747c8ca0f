"""Takes pictures at both widths and in both themes."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from django.test import Client
from playwright.sync_api import Browser, Page, sync_playwright

from accounts.models import User
from tests.browser.watch import Watch

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
WIDTHS: dict[str, dict[str, Any]] = {
    "1280": {"viewport": {"width": 1280, "height": 860}},
    "390": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SETTLE_MS = 150


class Camera:
    """A browser profile for each person and width."""

    def __init__(self, browser: Browser, site: str, folder: Path) -> None:
        self.browser = browser
        self.site = site
        self.folder = folder
        self._profiles: dict[tuple[str, str], Page] = {}
        self._watches: list[Watch] = []

    @property
    def complaints(self) -> list[str]:
        """What the pages wrote to the console, and what they asked of other sites."""
        return [complaint for watch in self._watches for complaint in watch.complaints]

    def pages(self, user: User | None) -> Iterator[tuple[str, Page]]:
        """This person's page at each width."""
        for width in WIDTHS:
            yield width, self._page(user, width)

    def shoot(self, page: Page, path: Path) -> None:
        """Take the whole page as a PNG, a moment after its last change; of a dialog, the window."""
        size = page.viewport_size
        assert size is not None
        if not page.locator("dialog[open]").count():
            height = page.evaluate("document.scrollingElement.scrollHeight")
            page.set_viewport_size({"width": size["width"], "height": max(height, size["height"])})
        page.wait_for_timeout(SETTLE_MS)
        page.screenshot(path=self.folder / path)
        page.set_viewport_size(size)

    def _page(self, user: User | None, width: str) -> Page:
        key = (user.email if user else "", width)
        if key not in self._profiles:
            context = self.browser.new_context(base_url=self.site, **WIDTHS[width])
            if user is not None:
                client = Client()
                client.force_login(user)
                session = client.cookies["sessionid"].value
                context.add_cookies([{"name": "sessionid", "value": session, "url": self.site}])
            page = self._profiles[key] = context.new_page()
            self._watches.append(Watch(page, self.site))
        return self._profiles[key]


@contextmanager
def camera(site: str, folder: Path) -> Iterator[Camera]:
    """A camera on the Chromium of this machine."""
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        sys.exit("agentsite: screenshots need Chromium, none is on PATH: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        yield Camera(browser, site, folder)
        browser.close()
