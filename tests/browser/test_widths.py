"""Nothing scrolls sideways on a phone, and nothing is covered at 200 %.

Whether it does on a tablet, on a desktop, and there at 200 %, is asked with axe's rules.
"""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.browser.places import PUBLIC, Place, places_of
from tests.browser.widths import ZOOMED, too_wide

pytestmark = pytest.mark.browser

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}


def wide_places(page: Page, places: Iterable[Place]) -> dict[str, list[str]]:
    """The places that are wider than their window."""
    found = {}
    for place in places:
        place.visit(page)
        if lines := too_wide(page):
            found[page.url] = lines
    return found


def test_nothing_scrolls_sideways_on_a_phone(
    page_for: Callable[..., Page], owner: User, no_worker: None
) -> None:
    assert wide_places(page_for(**PHONE), PUBLIC) == {}
    assert wide_places(page_for(owner, **PHONE), places_of(owner)) == {}


def test_at_200_percent_the_estimate_covers_nothing_of_the_form(page: Page) -> None:
    page.goto("/")
    strip = page.locator(".estimate")
    expect(strip).to_have_css("position", "sticky")
    page.set_viewport_size(ZOOMED)
    expect(strip).to_have_css("position", "static")
