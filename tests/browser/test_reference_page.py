"""The API reference: addresses unfold what they name, and Find leaves what has the words."""

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_an_address_unfolds_the_operation_that_it_names(page: Page) -> None:
    page.goto("/api/docs/#runs_feedback")
    expect(page.locator("#runs_feedback")).to_be_in_viewport()
    expect(page.locator("#runs_fund")).to_be_hidden()


def test_find_leaves_what_has_all_words_until_a_link_leads_elsewhere(page: Page) -> None:
    page.goto("/api/docs/")
    find = page.get_by_role("searchbox", name="Find an operation or an object")
    entries = page.locator(".entry:visible")

    find.fill("webhooks rotate")
    expect(entries).to_have_count(1)
    expect(entries).to_contain_text("/api/v1/webhooks/{id}/rotate/")
    expect(page.get_by_role("heading", name="Runs", exact=True)).to_be_hidden()

    find.fill("zeppelin")
    expect(entries).to_have_count(0)
    expect(page.get_by_role("status").filter(has_text="Nothing has these words")).to_be_visible()

    page.get_by_role("link", name="Problem", exact=True).click()
    expect(page.locator("#object-Problem")).to_be_in_viewport()
    expect(find).to_have_value("")
    expect(page.get_by_role("heading", name="Runs", exact=True)).to_be_visible()
