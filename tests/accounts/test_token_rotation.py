"""A token gets another key; the present one works on for a while, and all else stays."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiToken, Scope, User
from accounts.services import rotate_token
from accounts.socket_auth import reader_of_key

TOKENS = "/api/v1/tokens/"


@pytest.fixture
def session(alice: User) -> APIClient:
    client = APIClient()
    client.force_login(alice)
    return client


@pytest.fixture
def issued(alice: User) -> tuple[ApiToken, str]:
    return ApiToken.objects.issue(user=alice, name="CI", scopes=["runs:read"])


def works(key: str) -> bool:
    answer = APIClient().get("/api/v1/me/", headers={"Authorization": f"Token {key}"})
    return answer.status_code == 200


def later(token: ApiToken, **gone: int) -> None:
    """So much time has passed since the rotation."""
    token.refresh_from_db()
    assert token.previous_expires_at is not None
    token.previous_expires_at -= timedelta(**gone)
    token.save()


def test_both_keys_work_until_the_overlap_is_over(
    session: APIClient, issued: tuple[ApiToken, str]
) -> None:
    token, old = issued
    answer = session.post(f"{TOKENS}{token.pk}/rotate/", {"overlap_hours": 2}, format="json")
    assert answer.status_code == 200
    rotated = answer.json()
    assert rotated["id"] == str(token.pk)
    assert rotated["key"].startswith(rotated["prefix"])
    until = datetime.fromisoformat(rotated["previous_works_until"]) - timezone.now()
    assert timedelta(hours=1, minutes=50) < until <= timedelta(hours=2)
    assert works(old)
    assert works(rotated["key"])
    shown = session.get(TOKENS)
    assert shown.json()["results"][0]["previous_works_until"] == rotated["previous_works_until"]
    assert rotated["key"] not in shown.content.decode()

    later(token, hours=2)
    refused = APIClient().get("/api/v1/me/", headers={"Authorization": f"Token {old}"})
    assert refused.status_code == 401
    assert "newer key" in refused.json()["detail"]
    assert works(rotated["key"])
    assert session.get(TOKENS).json()["results"][0]["previous_works_until"] is None


def test_without_more_the_overlap_is_a_day(
    session: APIClient, issued: tuple[ApiToken, str]
) -> None:
    answer = session.post(f"{TOKENS}{issued[0].pk}/rotate/", {}, format="json").json()
    until = datetime.fromisoformat(answer["previous_works_until"]) - timezone.now()
    assert timedelta(hours=23) < until <= timedelta(hours=24)


def test_without_an_overlap_the_old_key_stops_at_once(issued: tuple[ApiToken, str]) -> None:
    token, old = issued
    new = rotate_token(token=token, overlap=timedelta(0))
    assert (works(old), works(new)) == (False, True)


def test_the_key_before_the_last_one_is_gone(issued: tuple[ApiToken, str]) -> None:
    token, first = issued
    second = rotate_token(token=token, overlap=timedelta(hours=1))
    third = rotate_token(token=token, overlap=timedelta(hours=1))
    assert [works(key) for key in (first, second, third)] == [False, True, True]


def test_no_overlap_outlives_the_tokens_expiry(alice: User) -> None:
    end = timezone.now() + timedelta(minutes=5)
    token, _ = ApiToken.objects.issue(user=alice, name="short", expires_at=end)
    rotate_token(token=token, overlap=timedelta(hours=1), expires_at=None)
    token.refresh_from_db()
    assert token.previous_expires_at == end
    assert token.expires_at is None


def test_a_rotation_keeps_or_sets_the_expiry(session: APIClient, alice: User) -> None:
    end = timezone.now() + timedelta(days=5)
    token, _ = ApiToken.objects.issue(user=alice, name="x", expires_at=end)
    path = f"{TOKENS}{token.pk}/rotate/"
    kept = session.post(path, {}, format="json").json()["expires_at"]
    assert datetime.fromisoformat(kept) == end
    later_end = session.post(path, {"expires_in_days": 9}, format="json").json()["expires_at"]
    assert datetime.fromisoformat(later_end) > end
    assert session.post(path, {"expires_at": None}, format="json").json()["expires_at"] is None


def test_an_expired_token_needs_a_new_expiry(session: APIClient, alice: User) -> None:
    token, old = ApiToken.objects.issue(
        user=alice, name="x", expires_at=timezone.now() - timedelta(hours=1)
    )
    path = f"{TOKENS}{token.pk}/rotate/"
    refused = session.post(path, {}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    answer = session.post(path, {"expires_in_days": 1}, format="json").json()
    assert (works(old), works(answer["key"])) == (False, True)


@pytest.mark.parametrize(
    "body", [{"overlap_hours": -1}, {"overlap_hours": 169}, {"key": "x"}, {"expires_in_days": 0}]
)
def test_a_bad_rotation_changes_nothing(
    session: APIClient, issued: tuple[ApiToken, str], body: dict[str, Any]
) -> None:
    token, key = issued
    answer = session.post(f"{TOKENS}{token.pk}/rotate/", body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert works(key)


def test_only_its_owner_in_person_rotates_a_token(
    session: APIClient, bob: User, issued: tuple[ApiToken, str], api_for: Callable[..., APIClient]
) -> None:
    token, key = issued
    theirs, _ = ApiToken.objects.issue(user=bob, name="theirs")
    assert session.post(f"{TOKENS}{theirs.pk}/rotate/", {}, format="json").status_code == 404
    refused = api_for(token.user).post(f"{TOKENS}{token.pk}/rotate/", {}, format="json")
    assert refused.status_code == 403
    assert works(key)


def test_a_revoked_token_has_no_key_any_more(
    session: APIClient, issued: tuple[ApiToken, str]
) -> None:
    token, old = issued
    new = rotate_token(token=token, overlap=timedelta(hours=1))
    session.delete(f"{TOKENS}{token.pk}/")
    assert not works(old)
    assert not works(new)
    assert session.post(f"{TOKENS}{token.pk}/rotate/", {}, format="json").status_code == 404


def test_what_a_key_opened_ends_with_that_key(issued: tuple[ApiToken, str]) -> None:
    token, old = issued
    reader = reader_of_key(old, Scope.RUNS_READ)
    new = rotate_token(token=token, overlap=timedelta(hours=1))
    newer = reader_of_key(new, Scope.RUNS_READ)
    assert reader is not None
    assert newer is not None
    assert reader.still_valid()
    later(token, hours=1)
    assert (reader.still_valid(), newer.still_valid()) == (False, True)


def test_the_page_shows_the_new_key_once(
    alice: User, issued: tuple[ApiToken, str], client_for: Callable[[User], Client]
) -> None:
    token, old = issued
    browser = client_for(alice)
    page = browser.post(f"/tokens/{token.pk}/rotate/", {"overlap": "1"})
    assert page.status_code == 200
    assert "no-store" in page.headers["Cache-Control"]
    key = page.context["key"]
    assert works(old)
    assert works(key)
    again = browser.get("/tokens/").content.decode()
    assert "old key ends" in again
    assert key not in again
    assert browser.get(f"/tokens/{token.pk}/rotate/").status_code == 302
    assert browser.post(f"/tokens/{token.pk}/rotate/", {"overlap": "7"}).status_code == 422


def test_the_page_says_why_a_token_gets_no_key(
    alice: User, client_for: Callable[[User], Client]
) -> None:
    token, _ = ApiToken.objects.issue(
        user=alice, name="x", expires_at=timezone.now() - timedelta(hours=1)
    )
    page = client_for(alice).post(f"/tokens/{token.pk}/rotate/", {"overlap": "1"})
    assert page.status_code == 409
    assert "has expired" in page.content.decode()
