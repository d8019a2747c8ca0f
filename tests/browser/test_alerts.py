"""Alerts by hand: how one is told is chosen, a test is sent, and a paused token is let in again."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import ApiToken, User
from runs.alert_models import TokenGuard
from runs.alerts.selectors import preferences_of
from tests.browser.visitor import follow

pytestmark = pytest.mark.browser


def test_preferences_are_chosen_and_kept(page: Page, owner: User) -> None:
    ApiToken.objects.issue(user=owner, name="nightly")
    page.goto("/")
    follow(page, page.get_by_role("link", name="Alerts"))
    page.get_by_role("checkbox", name="Email: A run of yours").uncheck()
    page.get_by_role("radio", name="Once a day").check()
    page.get_by_label("Once a day at").select_option("18:00")
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    page.get_by_role("checkbox", name="nightly").check()
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_role("checkbox", name="Email: A run of yours")).not_to_be_checked()
    expect(page.get_by_role("checkbox", name="Webhook: A run of yours")).to_be_checked()
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Berlin")
    expect(page.get_by_role("checkbox", name="nightly")).to_be_checked()
    wishes = preferences_of(owner)
    assert (wishes.no_mail, wishes.daily, wishes.daily_hour) == (["doubt"], True, 18)


def test_a_test_stands_on_the_page_at_once(page: Page, owner: User) -> None:
    page.goto("/alerts/")
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text("The test is on its way.")).to_be_visible()
    page.get_by_text("A test of your alerts").click()
    expect(page.get_by_text("Email: waiting")).to_be_visible()


def test_a_paused_token_is_looked_at_and_resumed(page: Page, owner: User) -> None:
    token, _ = ApiToken.objects.issue(user=owner, name="nightly")
    TokenGuard.objects.create(token=token, paused_at="2026-11-29T12:00:00Z")
    page.goto("/alerts/")
    follow(page, page.get_by_role("link", name="Look and resume"))
    page.get_by_role("button", name="Resume the token").click()
    expect(page.get_by_text("“nightly” may submit again.")).to_be_visible()
    expect(page.get_by_text("is paused")).to_have_count(0)
    assert not TokenGuard.objects.paused().exists()
