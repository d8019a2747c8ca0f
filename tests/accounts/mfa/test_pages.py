"""Setting a second factor up and taking it away, and what staff have to."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.audit_models import Action, AuditEntry
from accounts.models import User
from tests.accounts.mfa.factors import (
    code,
    gave_password,
    give_code,
    is_in,
    recovery_codes,
    with_app,
)
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert is_in(client)
    return client


def set_up(client: Client) -> Any:
    page = client.get("/accounts/2fa/totp/activate/")
    return client.post(
        "/accounts/2fa/totp/activate/", {"code": code(page.context["form"].secret)}, follow=True
    )


def test_setting_it_up_shows_recovery_codes_once_and_tells(
    alice: User, django_capture_on_commit_callbacks: Any
) -> None:
    client = signed_in(alice)
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        page = set_up(client)

    shown = page.content.decode()
    assert all(one in shown for one in recovery_codes(alice))
    assert (
        recovery_codes(alice)[0] not in client.get("/accounts/2fa/recovery-codes/").content.decode()
    )
    alice.refresh_from_db()
    assert alice.mfa_since is not None
    assert {"Two-factor sign-in is on"} <= {one.subject for one in mail.outbox}
    assert AuditEntry.objects.filter(action=Action.MFA_ADDED, user_id=alice.pk).exists()


def test_a_session_that_is_older_has_to_give_the_password_again(
    alice: User, client_for: Callable[[User], Client]
) -> None:
    client = client_for(alice)
    for path in ("/accounts/2fa/totp/activate/", "/account/email/"):
        answer = client.get(path)
        assert answer.headers["Location"].startswith("/accounts/reauthenticate/"), path
    client.post("/accounts/reauthenticate/", {"password": "wrong"})
    assert client.get("/accounts/2fa/totp/activate/").status_code == 302
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200
    assert AuditEntry.objects.filter(action=Action.REAUTHENTICATED, user_id=alice.pk).exists()


def test_with_a_factor_the_password_alone_confirms_nothing(
    alice: User, client_for: Callable[[User], Client]
) -> None:
    """Who found a browser open and knows the password can't take the factor away."""
    client = client_for(with_app(alice))
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.post("/accounts/2fa/totp/deactivate/")
    assert Authenticator.objects.filter(user=alice).count() == 2

    client.post("/accounts/2fa/reauthenticate/", {"code": code()})
    client.post("/accounts/2fa/totp/deactivate/")
    assert Authenticator.objects.filter(user=alice).count() == 0
    alice.refresh_from_db()
    assert alice.mfa_since is None
    assert AuditEntry.objects.filter(action=Action.MFA_REMOVED, user_id=alice.pk).exists()


def test_an_unverified_address_gets_none(alice: User) -> None:
    """Whoever signed up with another's address could keep its owner out for good."""
    client = signed_in(alice)
    User.objects.filter(pk=alice.pk).update(verified_at=None)
    assert client.get("/accounts/2fa/totp/activate/").headers["Location"] == "/account/"


def test_staff_take_it_away_in_the_admin(
    alice: User, staff: User, client_for: Callable[[User], Client]
) -> None:
    with_app(alice)
    action = {"action": "take_factors", "_selected_action": [alice.pk], "confirmed": "yes"}
    client_for(staff).post("/admin/accounts/user/", action)

    alice.refresh_from_db()
    assert alice.mfa_since is None
    entry = AuditEntry.objects.get(action=Action.MFA_REMOVED)
    assert (entry.actor_id, entry.user_id) == (staff.pk, alice.pk)


def test_staff_get_nowhere_without_one_where_that_is_required(
    staff: User, alice: User, settings: Settings, client_for: Callable[[User], Client]
) -> None:
    settings.STAFF_MFA_REQUIRED = True
    client, hers = client_for(staff), client_for(alice)
    for path in ("/", "/ops/", "/admin/", "/audit/", "/admin/accounts/user/"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/2fa/"), path
    refused = client.get("/api/v1/admin/ops/")
    assert (refused.status_code, refused.json()["code"]) == (403, "mfa_required")
    assert client.get("/accounts/2fa/").status_code == 200
    assert client.get("/account/").status_code == 200
    assert hers.get("/").status_code == 200

    with_app(staff)
    assert client.get("/ops/").status_code == 200


def test_nor_does_an_admin_token_of_theirs(
    staff: User, settings: Settings, api_for: Callable[..., APIClient]
) -> None:
    settings.STAFF_MFA_REQUIRED = True
    api = api_for(staff)
    refused = api.get("/api/v1/admin/ops/")
    assert (refused.status_code, refused.json()["code"]) == (403, "mfa_required")
    assert api.get("/api/v1/runs/").status_code == 200

    with_app(staff)
    assert api.get("/api/v1/admin/ops/").status_code == 200


def test_a_site_wide_report_is_administering_too(
    staff: User, settings: Settings, api_for: Callable[..., APIClient]
) -> None:
    settings.STAFF_MFA_REQUIRED = True
    refused = api_for(staff).get("/api/v1/usage/?scope=site")

    assert (refused.status_code, refused.json()["code"]) == (403, "mfa_required")


def test_confirming_never_leads_to_another_site(
    alice: User, client_for: Callable[[User], Client]
) -> None:
    for there in ("https://evil.example/", "//evil.example/", "/\\evil.example"):
        client = client_for(alice)
        query = {"next": there}
        answer = client.post("/accounts/reauthenticate/", {"password": PASSWORD, **query})
        assert "evil" not in answer.headers.get("Location", ""), there


def test_a_token_that_administers_needs_the_password_again(
    staff: User, client_for: Callable[[User], Client]
) -> None:
    client = client_for(staff)
    page = {"name": "ops", "scopes": ["admin"], "expires": "30"}
    answer = client.post("/tokens/", page)
    by_api = client.post(
        "/api/v1/tokens/", {"name": "ops", "scopes": ["admin"]}, content_type="application/json"
    )
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/")
    assert (by_api.status_code, by_api.json()["code"]) == (403, "reauthentication_required")
    assert not staff.api_tokens.exists()

    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert client.post("/tokens/", page).status_code == 200
    assert staff.api_tokens.count() >= 1


def test_the_code_that_set_it_up_signs_nobody_in(alice: User) -> None:
    client = signed_in(alice)
    page = client.get("/accounts/2fa/totp/activate/")
    shown = code(page.context["form"].secret)
    client.post("/accounts/2fa/totp/activate/", {"code": shown})

    another = gave_password(alice)
    give_code(another, shown)
    assert not is_in(another)
