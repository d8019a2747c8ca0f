"""Nothing scrolls sideways: on a phone, on a tablet, on a desktop, and there at 200 %."""

from collections.abc import Callable, Iterable

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from accounts.models import User
from tests.browser.places import PUBLIC, Place, places_of

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
TABLET: ViewportSize = {"width": 768, "height": 1024}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
ZOOMED: ViewportSize = {"width": 640, "height": 400}  # 1280 × 800 at 200 %
OVERFLOW = "document.scrollingElement.scrollWidth - innerWidth"


def too_wide(
    page: Page, places: Iterable[Place], *sizes: ViewportSize | None
) -> dict[tuple[str, int], int]:
    """By how many pixels the places are wider than their windows, where they are."""
    found = {}
    for place in places:
        place.visit(page)
        for size in sizes:
            if size is not None:
                page.set_viewport_size(size)
            if (pixels := page.evaluate(OVERFLOW)) > 0:
                found[page.url, page.evaluate("innerWidth")] = pixels
    return found


def test_nothing_scrolls_sideways(
    page_for: Callable[..., Page], owner: User, no_worker: None
) -> None:
    private = places_of(owner)
    for options, sizes in ((PHONE, (None,)), ({}, (TABLET, DESKTOP, ZOOMED))):
        assert too_wide(page_for(**options), PUBLIC, *sizes) == {}
        assert too_wide(page_for(owner, **options), private, *sizes) == {}


def test_at_200_percent_the_estimate_covers_nothing_of_the_form(page: Page) -> None:
    page.goto("/")
    strip = page.locator(".estimate")
    expect(strip).to_have_css("position", "sticky")
    page.set_viewport_size(ZOOMED)
    expect(strip).to_have_css("position", "static")
