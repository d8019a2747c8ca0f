"""How wide windows are, and whether a page fits into one."""

from playwright.sync_api import Page, ViewportSize

TABLET: ViewportSize = {"width": 768, "height": 1024}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
ZOOMED: ViewportSize = {"width": 640, "height": 400}  # 1280 × 800 at 200 %
OVERFLOW = "document.scrollingElement.scrollWidth - innerWidth"


def too_wide(page: Page) -> list[str]:
    """A line where the page is wider than its window."""
    pixels = page.evaluate(OVERFLOW)
    return [f"{pixels} pixels too wide at {page.evaluate('innerWidth')}"] if pixels > 0 else []
