"""Waits for what a page computes.

Playwright's `wait_for_function` evaluates its text inside the page, where the Content Security
Policy refuses it whenever the first try doesn't hold; `evaluate` comes from outside.
"""

from time import monotonic

from playwright.sync_api import Page

WITHIN_S = 5.0
EVERY_MS = 50


def comes_true(page: Page, expression: str, *, within_s: float = WITHIN_S) -> bool:
    """Whether a JavaScript expression is true within some seconds."""
    end = monotonic() + within_s
    while not page.evaluate(expression):
        if monotonic() > end:
            return False
        page.wait_for_timeout(EVERY_MS)
    return True
