"""How wide windows are, and whether a page fits into one."""

from playwright.sync_api import Page, ViewportSize

from tests.browser.waiting import comes_true

PHONE: ViewportSize = {"width": 390, "height": 844}
TABLET: ViewportSize = {"width": 768, "height": 1024}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
ZOOMED: ViewportSize = {"width": 640, "height": 400}  # 1280 × 800 at 200 %
OVERFLOW = "document.scrollingElement.scrollWidth - innerWidth"


def too_wide(page: Page) -> list[str]:
    """A line where the page stays wider than its window: charts follow a moment later."""
    if comes_true(page, f"{OVERFLOW} <= 0"):
        return []
    return [f"{page.evaluate(OVERFLOW)} pixels too wide at {page.evaluate('innerWidth')}"]
