"""No page breaks a rule of WCAG 2.2 AA that axe can see: both themes, desktop and phone.

Nor does one scroll sideways on a phone, on a tablet, on a desktop, and there at 200 %.

The admin's pages are Unfold's own, and are left to it.
"""

import json
from collections.abc import Callable, Iterable

import pytest
from playwright.sync_api import CDPSession, Page

from accounts.models import User
from tests.browser.axe import OF_COLOURS, OF_WIDTH, violations
from tests.browser.places import PUBLIC, Place, places_of
from tests.browser.widths import DESKTOP, PHONE, TABLET, ZOOMED, too_wide

pytestmark = pytest.mark.browser
IS_TOUCHED = "matchMedia('(pointer: coarse)').matches"


def press_by(devtools: CDPSession, *, fingers: bool) -> None:
    """Whether the page is on a screen that is touched, where what is pressed is larger."""
    devtools.send("Emulation.setTouchEmulationEnabled", {"enabled": fingers})


def broken_rules(page: Page, places: Iterable[Place]) -> dict[str, list[str]]:
    """What each place breaks, in both themes, and where it is too wide for its window."""
    found = {}
    devtools = page.context.new_cdp_session(page)
    for place in places:
        press_by(devtools, fingers=False)
        page.set_viewport_size(DESKTOP)
        page.emulate_media(color_scheme="light")
        place.visit(page)
        lines = violations(page)
        for size in (TABLET, ZOOMED, DESKTOP):
            page.set_viewport_size(size)
            lines += too_wide(page)
        page.emulate_media(color_scheme="dark")
        lines += violations(page, OF_COLOURS)
        press_by(devtools, fingers=True)
        page.set_viewport_size(PHONE)
        assert page.evaluate(IS_TOUCHED)
        lines += too_wide(page)
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
