"""The tokens page, as it works without any script."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiToken, User
from tests.factories import PASSWORD

TOKENS = "/tokens/"
NEW = {"name": "CI nightly", "scopes": ["runs:read", "runs:write"], "expires": "90"}


@pytest.fixture
def browser(alice: User, client_for: Callable[[User], Client]) -> Client:
    return client_for(alice)


def shown_key(page: Any) -> str:
    found = re.search(r'id="key">(ags_[\w-]+)<', page.content.decode())
    assert found is not None
    return found[1]


def test_a_new_key_is_shown_once_and_works(browser: Client, alice: User) -> None:
    page = browser.post(TOKENS, NEW)
    assert page.status_code == 200
    assert "no-store" in page.headers["Cache-Control"]
    key = shown_key(page)
    assert key not in browser.get(TOKENS).content.decode()
    token = alice.api_tokens.get()
    assert (token.name, token.scopes) == ("CI nightly", ["runs:read", "runs:write"])
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    assert client.get("/api/v1/me/").status_code == 200


@pytest.mark.parametrize(("choice", "days"), [("30", 30), ("90", 90), ("365", 365)])
def test_an_expiry_is_counted_from_now(
    browser: Client, alice: User, choice: str, days: int
) -> None:
    browser.post(TOKENS, {**NEW, "expires": choice})
    expires_at = alice.api_tokens.get().expires_at
    assert expires_at is not None
    left = expires_at - timezone.now()
    assert timedelta(days=days - 1) < left <= timedelta(days=days)


def test_a_token_may_never_expire(browser: Client, alice: User) -> None:
    browser.post(TOKENS, {**NEW, "expires": "never"})
    assert alice.api_tokens.get().expires_at is None


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"name": ""}, "required"),
        ({"name": "x" * 101}, "at most 100"),
        ({"scopes": []}, "Choose at least one scope."),
        ({"scopes": ["all"]}, "Select a valid choice"),
        ({"expires": "1000"}, None),
    ],
)
def test_a_bad_form_makes_no_token_and_keeps_what_was_typed(
    browser: Client, alice: User, fields: dict[str, Any], complaint: str | None
) -> None:
    page = browser.post(TOKENS, {**NEW, **fields})
    assert page.status_code == 422
    assert not alice.api_tokens.exists()
    text = page.content.decode()
    assert complaint is None or complaint in text
    assert re.search(r'<dialog[^>]*id="create"[^>]*\sopen>', text)
    assert ("CI nightly" in text) is ("name" not in fields)


def test_revoking_asks_by_name_and_then_takes_it_off_the_list(browser: Client, alice: User) -> None:
    token, _ = ApiToken.objects.issue(user=alice, name="Old laptop")
    page = browser.get(TOKENS).content.decode()
    assert f'href="#revoke-{token.pk}"' in page
    assert "Revoke “<bdi>Old laptop</bdi>”?" in page
    after = browser.post(f"{TOKENS}{token.pk}/revoke/", follow=True)
    assert "“Old laptop” is revoked" in after.content.decode()
    assert not alice.api_tokens.unrevoked().exists()
    assert token.prefix not in browser.get(TOKENS).content.decode()
    assert browser.post(f"{TOKENS}{token.pk}/revoke/").status_code == 404


def test_a_link_cannot_revoke(browser: Client, alice: User) -> None:
    token, _ = ApiToken.objects.issue(user=alice, name="CI")
    assert browser.get(f"{TOKENS}{token.pk}/revoke/").headers["Location"] == TOKENS
    assert alice.api_tokens.unrevoked().exists()


def test_other_peoples_tokens_are_not_there(browser: Client, bob: User) -> None:
    theirs, _ = ApiToken.objects.issue(user=bob, name="Bob’s secret project")
    assert "Bob’s secret project" not in browser.get(TOKENS).content.decode()
    assert browser.post(f"{TOKENS}{theirs.pk}/revoke/").status_code == 404
    assert ApiToken.objects.unrevoked().filter(pk=theirs.pk).exists()


def test_snippets_name_the_address_by_which_the_site_was_reached(
    alice: User, client_for: Callable[[User], Client]
) -> None:
    page = client_for(alice).get(TOKENS, headers={"host": "agents.acme.example:8443"})
    assert "http://agents.acme.example:8443/api/v1/runs/" in page.content.decode()


def test_a_name_is_text_and_never_markup(browser: Client) -> None:
    page = browser.post(TOKENS, {**NEW, "name": "<script>alert(1)</script>"})
    assert b"<script>alert" not in page.content


def test_states_are_said_in_words(browser: Client, alice: User) -> None:
    now = timezone.now()
    for name, left in [("over", -40), ("soon", 12), ("later", 62)]:
        expires_at = now + timedelta(days=left, minutes=5)
        ApiToken.objects.issue(user=alice, name=name, expires_at=expires_at)
    page = browser.get(TOKENS).content.decode()
    assert "in 12 days" in page
    assert "in 62 days" in page
    assert re.search(r"tag-bad.*expired \d", page)
    assert page.count("It was never used.") == 3


def test_the_list_costs_the_same_queries_for_one_and_for_many(
    browser: Client, alice: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(8):
        ApiToken.objects.issue(user=alice, name=str(number))
    # Session, user, tokens, their budgets, active runs, budget.
    with django_assert_max_num_queries(6):
        browser.get(TOKENS)


def test_only_staff_are_offered_the_scope_of_administration(
    browser: Client, alice: User, staff: User, client_for: Callable[[User], Client]
) -> None:
    assert 'value="admin"' not in browser.get(TOKENS).content.decode()
    assert browser.post(TOKENS, {**NEW, "scopes": ["admin"]}).status_code == 422
    assert not alice.api_tokens.exists()
    administrator = client_for(staff)
    assert 'value="admin"' in administrator.get(TOKENS).content.decode()
    administrator.post("/accounts/reauthenticate/", {"password": PASSWORD})
    administrator.post(TOKENS, {**NEW, "scopes": ["admin"]})
    assert staff.api_tokens.get().scopes == ["admin"]
