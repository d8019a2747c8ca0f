"""JWTs let in whom they name, for as long as they say, where their secret is set."""

import time
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts import jwts
from accounts.models import Scope, User
from accounts.socket_auth import reader_of_header, reader_of_key
from tests.accounts.jwts import SECRET, signed

ME = "/api/v1/me/"
RUNS = "/api/v1/runs/"


@pytest.fixture(autouse=True)
def taken(settings: Settings) -> None:
    """A site that takes them."""
    settings.JWT_SECRET_KEY = SECRET


def ask(key: str, path: str = ME, method: str = "get", scheme: str = "Bearer", **body: Any) -> Any:
    headers = {"Authorization": f"{scheme} {key}"}
    return getattr(APIClient(), method)(path, body or None, format="json", headers=headers)


def refusal(key: str) -> str:
    answer = ask(key)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    return str(answer.json()["detail"])


def test_it_lets_in_whom_it_names(alice: User) -> None:
    me = ask(signed(sub=str(alice.pk))).json()
    assert (me["email"], me["token"]) == (alice.email, None)


def test_where_no_secret_is_set_none_is_taken(alice: User, settings: Settings) -> None:
    settings.JWT_SECRET_KEY = ""
    assert "keys start with ags_" in refusal(signed(sub=str(alice.pk)))
    assert "keys start with ags_" in refusal(signed(sub=str(alice.pk), key=""))


def test_without_scopes_it_may_do_all_but_administer(staff: User) -> None:
    key = signed(sub=str(staff.pk))
    assert ask(key, RUNS).status_code == 200
    assert ask(key, "/api/v1/budgets/").status_code == 200
    assert ask(key, "/api/v1/admin/budgets/").status_code == 403


def test_its_scopes_are_all_that_it_may(staff: User) -> None:
    key = signed(sub=str(staff.pk), scope="openid usage:read admin")
    refused = ask(key, RUNS)
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert ask(key, "/api/v1/admin/budgets/").status_code == 200
    assert ask(signed(sub=str(staff.pk), scope=""), RUNS).status_code == 403


def test_the_scope_of_staff_makes_nobody_staff(alice: User) -> None:
    key = signed(sub=str(alice.pk), scope="admin runs:read")
    assert ask(key, "/api/v1/admin/budgets/").status_code == 403


def test_it_makes_no_token(alice: User) -> None:
    answer = ask(signed(sub=str(alice.pk)), "/api/v1/tokens/", "post", name="CI")
    assert answer.status_code == 403
    assert not alice.api_tokens.exists()


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": None}, '"exp"'),
        ({"exp": 1}, "expired"),
        ({"exp": True}, "expired"),
        ({"exp": "soon"}, "can't be used"),
        ({"exp": "9999999999"}, "number"),
        ({"exp": [9_999_999_999]}, "can't be"),
        ({"exp": float("inf")}, "can't be"),
        ({"exp": float("nan")}, "can't be used"),
        ({"nbf": int(time.time()) + 3600}, "not yet valid"),
        ({"iat": int(time.time()) + 3600}, "not yet valid"),
        ({"sub": None}, '"sub"'),
        ({"sub": 1}, "can't be used"),
        ({"sub": "alice@example.org"}, "user's id"),
        ({"sub": "-1"}, "user's id"),
        ({"sub": "\u0661"}, "user's id"),
        ({"sub": "1" * 19}, "no such user"),
        ({"sub": "1" * 400}, "user's id"),
        ({"scope": ["runs:read"]}, "scope"),
        ({"aud": "another-site"}, "can't be used"),
        ({"header": {"crit": ["exp"]}}, "extension"),
        ({"header": {"alg": "HS512"}}, "can't be used"),
        ({"header": {"alg": "RS256"}}, "can't be used"),
        ({"header": {"alg": "none"}}, "can't be used"),
        ({"header": {"alg": None}}, "can't be used"),
        ({"header": {"alg": ["HS256"]}}, "can't be"),
        ({"key": "another-secret-of-at-least-32-bytes"}, "can't be used"),
        ({"padding": "x" * 5000}, "at most 4,096 characters"),
    ],
)
def test_one_that_is_wrong_lets_nobody_in(alice: User, claims: dict[str, Any], reason: str) -> None:
    assert reason in refusal(signed(**{"sub": str(alice.pk), **claims}))


@pytest.mark.parametrize("key", ["a.b.c", "..", "e30.e30.", "e30.e30.e30", "a" * 100])
def test_what_is_none_lets_nobody_in(db: None, key: str) -> None:
    assert refusal(key)


def test_an_unsigned_one_lets_nobody_in(alice: User) -> None:
    header, payload, _ = signed(sub=str(alice.pk), header={"alg": "none"}).split(".")
    assert refusal(f"{header}.{payload}.")


def test_an_api_key_is_never_taken_for_one(alice: User) -> None:
    assert "Unknown token" in refusal("ags_" + signed(sub=str(alice.pk)))


def test_audience_and_issuer_have_to_be_as_the_site_says(alice: User, settings: Settings) -> None:
    settings.JWT_AUDIENCE, settings.JWT_ISSUER = "agentsite", "https://sso.example.org"
    good: dict[str, Any] = {
        "sub": str(alice.pk),
        "aud": ["x", "agentsite"],
        "iss": "https://sso.example.org",
    }
    assert ask(signed(**good)).status_code == 200
    for wrong in ({"aud": "x"}, {"aud": None}, {"iss": "x"}, {"iss": None}, {"aud": 7}):
        assert refusal(signed(**good | wrong))


def test_clocks_may_differ_a_little(alice: User) -> None:
    now = int(time.time())
    assert ask(signed(sub=str(alice.pk), exp=now - 1, nbf=now + 5, iat=now + 5)).status_code == 200
    assert "expired" in refusal(signed(sub=str(alice.pk), exp=now - jwts.LEEWAY_S - 1))


def test_it_lets_in_nobody_who_may_not_be_here(alice: User, bob: User) -> None:
    alice.is_active = False
    alice.save()
    assert "inactive" in refusal(signed(sub=str(alice.pk)))
    bob.verified_at = None
    bob.save()
    assert "verify" in refusal(signed(sub=str(bob.pk)))


def test_it_costs_one_query(alice: User, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert ask(signed(sub=str(alice.pk)), "/api/v1/tokens/7/").status_code == 404
        key = signed(sub=str(alice.pk), scope="")
        assert reader_of_key(key, Scope.RUNS_READ) is None


def test_a_socket_lasts_as_long_as_its_jwt(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    key = signed(sub=str(alice.pk), exp=int(time.time()) + 30)
    reader = reader_of_header(f"Bearer {key}", Scope.RUNS_READ)
    assert reader is not None
    assert reader.user == alice
    assert reader.still_valid()
    monkeypatch.setattr(jwts, "LEEWAY_S", -60)
    assert not reader.still_valid()


def test_a_socket_ends_with_its_user(alice: User) -> None:
    reader = reader_of_key(signed(sub=str(alice.pk)), Scope.RUNS_READ)
    assert reader is not None
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert not reader.still_valid()


def test_a_socket_needs_the_scope_to_read(alice: User) -> None:
    assert reader_of_key(signed(sub=str(alice.pk), scope="usage:read"), Scope.RUNS_READ) is None
