"""No page breaks a rule of WCAG 2.2 AA that axe can see: both themes, desktop and phone.

Nor does one scroll sideways on a tablet, on a desktop, and there at 200 %.

The admin's pages are Unfold's own, and are left to it.
"""

import json
from collections.abc import Callable, Iterable

import pytest
from playwright.sync_api import Page, ViewportSize

from accounts.models import User
from tests.browser.axe import OF_COLOURS, OF_WIDTH, violations
from tests.browser.places import PUBLIC, Place, places_of
from tests.browser.widths import DESKTOP, TABLET, ZOOMED, too_wide

pytestmark = pytest.mark.browser

PHONE: ViewportSize = {"width": 390, "height": 844}


def broken_rules(page: Page, places: Iterable[Place]) -> dict[str, list[str]]:
    """What each place breaks, in both themes, and where it is too wide for its window."""
    found = {}
    for place in places:
        page.set_viewport_size(DESKTOP)
        page.emulate_media(color_scheme="light")
        place.visit(page)
        lines = violations(page)
        for size in (TABLET, ZOOMED, DESKTOP):
            page.set_viewport_size(size)
            lines += too_wide(page)
        page.emulate_media(color_scheme="dark")
        lines += violations(page, OF_COLOURS)
        page.set_viewport_size(PHONE)
        lines += violations(page, OF_WIDTH)
        if lines:
            found[page.url] = lines
    return found


def test_the_pages_of_strangers(page_for: Callable[..., Page]) -> None:
    found = broken_rules(page_for(reduced_motion="reduce"), PUBLIC)
    assert found == {}, json.dumps(found, indent=1)


def test_the_pages_of_staff(page_for: Callable[..., Page], owner: User, no_worker: None) -> None:
    found = broken_rules(page_for(owner, reduced_motion="reduce"), places_of(owner))
    assert found == {}, json.dumps(found, indent=1)
