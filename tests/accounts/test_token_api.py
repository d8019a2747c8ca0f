"""`/api/v1/tokens/` and `/api/v1/me/`."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiToken, User
from tests.factories import PASSWORD

TOKENS = "/api/v1/tokens/"
ALL = ["runs:read", "runs:write", "usage:read"]


@pytest.fixture
def session(alice: User) -> APIClient:
    client = APIClient()
    client.force_login(alice)
    return client


def create(client: APIClient, **body: Any) -> Any:
    return client.post(TOKENS, {"name": "CI", **body}, format="json")


def test_a_key_is_shown_once_and_works_until_it_is_revoked(session: APIClient) -> None:
    created = create(session).json()
    key = created["key"]
    assert key.startswith(created["prefix"])
    listed = session.get(TOKENS).json()["results"]
    assert [token["id"] for token in listed] == [created["id"]]
    assert "key" not in listed[0]
    assert key not in session.get(TOKENS).content.decode()

    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    assert client.get("/api/v1/me/").json()["token"]["id"] == created["id"]
    assert session.get(TOKENS).json()["results"][0]["last_used_at"] is not None

    assert session.delete(f"{TOKENS}{created['id']}/").status_code == 204
    assert client.get("/api/v1/me/").status_code == 401
    assert session.get(TOKENS).json()["results"] == []
    assert session.delete(f"{TOKENS}{created['id']}/").status_code == 404


def test_the_name_of_a_revoked_token_is_free(session: APIClient) -> None:
    first = create(session).json()
    session.delete(f"{TOKENS}{first['id']}/")
    second = create(session)
    assert second.status_code == 201
    listed = session.get(TOKENS).json()["results"]
    assert [(token["id"], token["name"]) for token in listed] == [(second.json()["id"], "CI")]


def test_only_the_digest_of_a_key_is_kept(session: APIClient) -> None:
    key = create(session).json()["key"]
    row = ApiToken.objects.values().get()
    assert key not in [str(value) for value in row.values()]


def test_without_more_a_token_has_all_scopes_and_ninety_days(session: APIClient) -> None:
    created = create(session).json()
    assert sorted(created["scopes"]) == ALL
    left = datetime.fromisoformat(created["expires_at"]) - timezone.now()
    assert timedelta(days=89) < left <= timedelta(days=90)


def test_an_expiry_may_be_days_a_moment_or_never(session: APIClient) -> None:
    assert create(session, expires_at=None).json()["expires_at"] is None
    assert create(session, expires_in_days=None).json()["expires_at"] is None
    moment = (timezone.now() + timedelta(days=3)).isoformat()
    given = create(session, expires_at=moment).json()["expires_at"]
    assert datetime.fromisoformat(given) == datetime.fromisoformat(moment)
    days = create(session, expires_in_days=7).json()["expires_at"]
    assert datetime.fromisoformat(days) - timezone.now() > timedelta(days=6)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["runs:delete"]}, "scopes"),
        ({"scopes": "runs:read"}, "scopes"),
        ({"expires_in_days": 0}, "expires_in_days"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": None, "expires_in_days": 3}, "expires_at"),
        ({"budget": 3}, "budget"),
    ],
)
def test_a_bad_field_is_400_and_named(
    session: APIClient, alice: User, body: dict[str, Any], field: str
) -> None:
    response = create(session, **body)
    assert response.status_code == 400
    assert response.json()["code"] == "invalid"
    assert any(name.startswith(field) for name in response.json()["errors"])
    assert not alice.api_tokens.exists()


def test_a_body_that_is_no_object_is_400(session: APIClient) -> None:
    assert session.post(TOKENS, ["x"], format="json").status_code == 400


def test_another_users_token_is_not_found(
    session: APIClient, bob: User, api_for: Callable[..., APIClient]
) -> None:
    theirs, _ = ApiToken.objects.issue(user=bob, name="theirs")
    assert session.get(TOKENS).json()["results"] == []
    assert session.delete(f"{TOKENS}{theirs.pk}/").status_code == 404
    assert ApiToken.objects.unrevoked().filter(pk=theirs.pk).exists()


def test_a_token_lists_tokens_but_makes_and_revokes_none(
    alice: User, api_for: Callable[..., APIClient]
) -> None:
    client = api_for(alice)
    mine = client.get(TOKENS).json()["results"][0]
    for refused in (create(client), client.delete(f"{TOKENS}{mine['id']}/")):
        assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
        assert "Sign in" in refused.json()["detail"]
    assert alice.api_tokens.unrevoked().count() == 1


def test_a_list_of_tokens_costs_the_same_queries_for_one_and_for_many(
    session: APIClient, alice: User, django_assert_num_queries: Any
) -> None:
    for number in range(5):
        ApiToken.objects.issue(user=alice, name=str(number))
    with django_assert_num_queries(3):  # session, user, tokens
        names = [token["name"] for token in session.get(TOKENS).json()["results"]]
    assert names == ["4", "3", "2", "1", "0"]


def test_me_says_who_and_which_limits(session: APIClient, settings: Any) -> None:
    me = session.get("/api/v1/me/").json()
    assert (me["email"], me["name"], me["is_staff"]) == ("alice@example.org", "Alice", False)
    rates = settings.RATE_LIMITS
    assert me["limits"] == {
        "submit": [rates["submit"]],
        "token": [],
        "address": [rates["address"]],
    }
    assert me["token"] is None


def test_any_token_may_ask_who_it_is(alice: User, api_for: Callable[..., APIClient]) -> None:
    assert api_for(alice, ["usage:read"]).get("/api/v1/me/").status_code == 200


def test_only_staff_give_the_scope_of_administration(
    session: APIClient, staff: User, alice: User
) -> None:
    refused = create(session, scopes=["admin"])
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert not alice.api_tokens.exists()
    administrator = APIClient()
    administrator.force_login(staff)
    assert "admin" not in create(administrator).json()["scopes"]
    administrator.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert create(administrator, scopes=["admin"]).json()["scopes"] == ["admin"]
