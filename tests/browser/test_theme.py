"""The theme is switched and remembered; what is chosen shows in forced colours too."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import User

pytestmark = pytest.mark.browser


def test_the_theme_is_switched_and_remembered(
    context_for: Callable[..., BrowserContext], owner: User
) -> None:
    context = context_for(owner, color_scheme="light")
    page = context.new_page()
    page.goto("/account/")
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.get_by_role("main").get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    dark = page.evaluate(background)
    assert dark != light
    other = context.new_page()
    other.goto("/runs/")
    assert other.evaluate(background) == dark
    other.locator(".side").get_by_role("button", name="System").click()
    assert other.evaluate(background) == light


def test_what_is_chosen_is_outlined_in_forced_colours(
    page_for: Callable[..., Page], owner: User
) -> None:
    page = page_for(owner, forced_colors="active")
    page.goto("/")
    side = page.locator(".side")
    for chosen in (
        side.get_by_role("link", name="New run"),
        side.get_by_role("button", name="System"),
        page.locator(".pattern", has=page.locator(":checked")),
        page.locator(".pill input:checked + span").first,
    ):
        expect(chosen).to_have_css("outline-style", "solid")
