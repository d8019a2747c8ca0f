"""Nothing is covered at 200 %.

Whether a page scrolls sideways is asked with axe's rules.
"""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.widths import ZOOMED

pytestmark = pytest.mark.browser


def test_at_200_percent_the_estimate_covers_nothing_of_the_form(page: Page) -> None:
    page.goto("/")
    strip = page.locator(".estimate")
    expect(strip).to_have_css("position", "sticky")
    page.set_viewport_size(ZOOMED)
    expect(strip).to_have_css("position", "static")
