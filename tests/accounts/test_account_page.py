"""The account page: name, password, and what it doesn't let through."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from tests.factories import PASSWORD

ACCOUNT = "/account/"
CHANGE = "/account/password/"
NEW = "another horse 28"


@pytest.fixture
def browser(alice: User, client_for: Callable[[User], Client]) -> Client:
    return client_for(alice)


def change(client: Client, old: str = PASSWORD, new: str = NEW, again: str = NEW) -> int:
    fields = {"old_password": old, "new_password1": new, "new_password2": again}
    return client.post(CHANGE, fields).status_code


def test_the_name_is_saved_and_shown_in_the_frame(browser: Client, alice: User) -> None:
    page = browser.post(ACCOUNT, {"name": "Alice Munro"}, follow=True).content.decode()
    assert "Profile saved." in page
    assert '<span class="clip">Alice Munro</span>' in page
    assert ">AM</span>" in page


def test_nothing_but_the_name_can_be_changed(browser: Client, alice: User) -> None:
    browser.post(ACCOUNT, {"name": "Alice", "email": "x@example.org", "is_staff": "on"})
    alice.refresh_from_db()
    assert (alice.email, alice.is_staff) == ("alice@example.org", False)


def test_a_name_that_is_too_long_is_refused(browser: Client, alice: User) -> None:
    assert browser.post(ACCOUNT, {"name": "x" * 151}).status_code == 422
    alice.refresh_from_db()
    assert alice.name == "Alice"


def test_a_new_password_ends_other_sessions_and_keeps_this_one(
    browser: Client, alice: User, client_for: Callable[[User], Client]
) -> None:
    other = client_for(alice)
    assert change(browser) == 302
    assert browser.get(ACCOUNT).status_code == 200
    assert other.get(ACCOUNT).status_code == 302
    alice.refresh_from_db()
    assert alice.check_password(NEW)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"old": "wrong"}, "This is not your current password."),
        ({"again": "something else 1"}, "The two are not the same."),
        ({"new": "12345678", "again": "12345678"}, "too common"),
    ],
)
def test_a_bad_password_change_says_why(
    browser: Client, alice: User, fields: dict[str, str], complaint: str
) -> None:
    values = {"old": PASSWORD, "new": NEW, "again": NEW, **fields}
    page = browser.post(
        CHANGE,
        {
            "old_password": values["old"],
            "new_password1": values["new"],
            "new_password2": values["again"],
        },
    )
    assert page.status_code == 422
    assert complaint in page.content.decode()
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_the_address_of_the_password_form_leads_back_to_the_page(browser: Client) -> None:
    assert browser.get(CHANGE).headers["Location"] == ACCOUNT


def test_guessing_the_current_password_is_limited(
    browser: Client, limit_to: Callable[..., None]
) -> None:
    limit_to(account=2)
    assert [change(browser, old="guess") for _ in range(3)] == [422, 422, 429]


@pytest.mark.parametrize("page", [ACCOUNT, "/tokens/"])
def test_pages_are_for_who_is_signed_in(db: None, client: Client, page: str) -> None:
    response = client.get(page)
    assert response.headers["Location"] == f"/accounts/login/?next={page}"
