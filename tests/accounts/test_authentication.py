"""Who the API lets in, and what it says to the others."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiToken, User
from accounts.services import revoke_token
from tests.factories import PASSWORD

ME = "/api/v1/me/"


def get_with(header: str) -> tuple[int, str, str]:
    response = APIClient().get(ME, headers={"Authorization": header})
    return (
        response.status_code,
        response.json().get("detail", ""),
        response.headers.get("WWW-Authenticate", ""),
    )


def issue(user: User, **fields: object) -> tuple[ApiToken, str]:
    return ApiToken.objects.issue(user=user, name="test", **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("scheme", ["Token", "Bearer", "token", "BEARER"])
def test_a_key_is_accepted_under_either_scheme(alice: User, scheme: str) -> None:
    _, key = issue(alice)
    response = APIClient().get(ME, headers={"Authorization": f"{scheme} {key}"})
    assert response.status_code == 200
    assert response.json()["email"] == "alice@example.org"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("Token", "Malformed Authorization header"),
        ("Bearer a b", "Malformed Authorization header"),
        ("Token nothing-like-a-key", "keys start with ags_"),
        ("Token ags_ü", "plain ASCII"),
        ("Token ags_unknown", "Unknown token"),
    ],
)
def test_a_bad_header_is_401_with_its_reason(db: None, header: str, reason: str) -> None:
    status, detail, scheme = get_with(header)
    assert (status, scheme) == (401, "Token")
    assert reason in detail


def test_a_revoked_token_is_401_and_says_when(alice: User) -> None:
    token, key = issue(alice)
    assert get_with(f"Token {key}")[0] == 200
    revoke_token(token=token)
    token.refresh_from_db()
    assert token.revoked_at is not None
    for scheme in ("Token", "Bearer"):
        status, detail, _ = get_with(f"{scheme} {key}")
        assert status == 401
        assert f"revoked on {token.revoked_at:%Y-%m-%d}" in detail


def test_a_revoked_token_stays_so_from_the_first_time_on(alice: User) -> None:
    token, _ = issue(alice)
    revoke_token(token=token)
    first = ApiToken.objects.get().revoked_at
    revoke_token(token=token)
    assert ApiToken.objects.get().revoked_at == first is not None


def test_an_expired_token_is_401_and_says_when(alice: User) -> None:
    token, key = issue(alice, expires_at=timezone.now() - timedelta(seconds=1))
    status, detail, _ = get_with(f"Token {key}")
    assert status == 401
    assert token.expires_at is not None
    assert f"expired on {token.expires_at:%Y-%m-%d}" in detail


def test_a_token_works_until_it_expires(alice: User) -> None:
    _, key = issue(alice, expires_at=timezone.now() + timedelta(minutes=1))
    assert get_with(f"Token {key}")[0] == 200


def test_the_token_of_an_inactive_user_is_401(alice: User) -> None:
    _, key = issue(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    status, detail, _ = get_with(f"Token {key}")
    assert status == 401
    assert "inactive" in detail


def test_nobody_is_401_and_not_403(db: None) -> None:
    response = APIClient().get(ME)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Token"
    assert response.json()["code"] == "not_authenticated"


def test_another_scheme_is_not_taken_for_a_token(db: None) -> None:
    assert get_with("Basic dXNlcjpwYXNz")[0] == 401


def test_authentication_is_one_query(alice: User) -> None:
    token, key = issue(alice)
    ApiToken.objects.filter(pk=token.pk).update(last_used_at=timezone.now())
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = APIClient().get("/api/v1/patterns/", headers={"Authorization": f"Token {key}"})
        assert response.status_code == 200
    about_it = [query for query in queries if '"accounts_' in query["sql"]]
    assert len(about_it) == 1


def test_last_use_is_noted_at_most_once_a_minute(alice: User) -> None:
    token, key = issue(alice)
    get_with(f"Token {key}")
    token.refresh_from_db()
    first = token.last_used_at
    assert first is not None
    get_with(f"Token {key}")
    token.refresh_from_db()
    assert token.last_used_at == first
    ApiToken.objects.filter(pk=token.pk).update(last_used_at=first - timedelta(minutes=2))
    get_with(f"Token {key}")
    token.refresh_from_db()
    assert token.last_used_at is not None
    assert token.last_used_at >= first


def test_a_request_goes_on_when_its_use_cannot_be_noted(alice: User) -> None:
    _, key = issue(alice)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'read only'; END $$;"
            "CREATE TRIGGER refuse BEFORE UPDATE ON accounts_apitoken"
            " FOR EACH ROW EXECUTE FUNCTION refuse()"
        )
    assert get_with(f"Token {key}")[0] == 200


def test_a_session_reads_without_a_csrf_token_but_does_not_write(alice: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    assert client.login(email=alice.email, password=PASSWORD)
    assert client.get(ME).status_code == 200
    refused = client.post("/api/v1/tokens/", {"name": "x"}, format="json")
    assert refused.status_code == 403
    assert "CSRF" in refused.json()["detail"]
    assert not alice.api_tokens.exists()


def test_a_session_writes_with_its_csrf_token(alice: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    assert client.login(email=alice.email, password=PASSWORD)
    client.get("/tokens/")
    csrf = client.cookies["csrftoken"].value
    created = client.post(
        "/api/v1/tokens/", {"name": "x"}, format="json", headers={"X-CSRFToken": csrf}
    )
    assert created.status_code == 201


def test_a_token_needs_no_csrf_token(alice: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.credentials(HTTP_AUTHORIZATION=f"Token {issue(alice)[1]}")
    assert client.post("/api/v1/runs/", {"task": "x"}, format="json").status_code == 202
