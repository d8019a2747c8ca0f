"""Users and tokens in the admin."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import ApiToken, User
from tests.factories import PASSWORD

USERS = "/admin/accounts/user/"
TOKENS = "/admin/accounts/apitoken/"


@pytest.fixture
def admin(staff: User, client_for: Callable[[User], Client]) -> Client:
    return client_for(staff)


def add_user(admin: Client, **fields: str) -> Any:
    new = {
        "email": "New@Example.org",
        "name": "New",
        "usable_password": "true",
        "password1": "correct horse 27",
        "password2": "correct horse 27",
    }
    return admin.post(f"{USERS}add/", {**new, **fields})


def test_staff_make_users_by_email(admin: Client) -> None:
    assert admin.get(f"{USERS}add/").status_code == 200
    assert add_user(admin).status_code == 302
    assert User.objects.get(email="new@example.org").check_password("correct horse 27")


def test_an_email_is_taken_in_any_case(admin: Client, alice: User) -> None:
    assert add_user(admin, email="ALICE@example.org").status_code == 200
    assert User.objects.filter(email__iexact=alice.email).count() == 1


def test_staff_change_users_and_their_passwords(admin: Client, alice: User) -> None:
    page = admin.get(f"{USERS}{alice.pk}/change/")
    assert page.status_code == 200
    assert f"{USERS}{alice.pk}/password/" in page.content.decode()
    fields = {"email": "Alice2@example.org", "name": "Alice", "is_active": "on"}
    assert admin.post(f"{USERS}{alice.pk}/change/", fields).status_code == 302
    assert admin.get(f"{USERS}{alice.pk}/password/").status_code == 200
    new = {"usable_password": "true", "password1": "other horse 29", "password2": "other horse 29"}
    assert admin.post(f"{USERS}{alice.pk}/password/", new).status_code == 302
    alice.refresh_from_db()
    assert alice.email == "alice2@example.org"
    assert alice.check_password("other horse 29")


def test_staff_give_a_user_limits_and_take_them_away(
    admin: Client, alice: User, api_for: Callable[..., APIClient]
) -> None:
    page = f"{USERS}{alice.pk}/change/"
    fields = {"email": alice.email, "name": "Alice", "is_active": "on"}
    limits = {"submits_per_minute": "2", "submits_per_hour": "0"}
    assert admin.post(page, fields | limits).status_code == 302
    me = api_for(alice).get("/api/v1/me/").json()
    assert me["limits"]["submit"] == ["2/m", "0/h"]
    assert admin.post(page, fields).status_code == 302
    me = api_for(alice).get("/api/v1/me/").json()
    assert me["limits"]["submit"] == ["600/m"]


def test_a_changed_email_signs_in_and_the_old_one_no_more(admin: Client, alice: User) -> None:
    def signs_in(email: str) -> bool:
        client = Client()
        client.post("/accounts/login/", {"login": email, "password": PASSWORD})
        return "_auth_user_id" in client.session

    EmailAddress.objects.create(user=alice, email=alice.email, primary=True, verified=True)
    fields = {"email": "moved@example.org", "name": "Alice", "is_active": "on"}
    admin.post(f"{USERS}{alice.pk}/change/", fields)
    assert signs_in("moved@example.org")
    assert not signs_in("alice@example.org")


def test_users_are_found_by_email(admin: Client, alice: User, bob: User) -> None:
    page = admin.get(USERS, {"q": "alice@"}).content.decode()
    assert alice.email in page
    assert bob.email not in page


def test_tokens_can_be_read_and_revoked_and_nothing_else(admin: Client, alice: User) -> None:
    token, key = ApiToken.objects.issue(user=alice, name="CI")
    pages = [admin.get(TOKENS), admin.get(f"{TOKENS}{token.pk}/change/")]
    for page in pages:
        assert page.status_code == 200
        assert token.prefix in page.content.decode()
        assert key not in page.content.decode()
        assert token.digest not in page.content.decode()
    assert admin.get(f"{TOKENS}add/").status_code == 403
    assert admin.post(f"{TOKENS}{token.pk}/change/", {"name": "x"}).status_code == 403
    assert admin.post(f"{TOKENS}{token.pk}/delete/", {"post": "yes"}).status_code == 403
    assert ApiToken.objects.unrevoked().get() == token

    chosen = {"action": "revoke", "_selected_action": [str(token.pk)]}
    asked = admin.post(TOKENS, chosen).content.decode()
    assert "Their keys stop working at once" in asked
    assert ApiToken.objects.unrevoked().get() == token

    chosen["confirmed"] = "yes"
    said = admin.post(TOKENS, chosen, follow=True).content.decode()

    assert "no longer work" in said
    assert ApiToken.objects.get().revoked_at is not None
    assert LogEntry.objects.get().object_id == str(token.pk)


def test_staff_trust_a_token_to_speak_for_users_and_take_it_back(
    admin: Client, alice: User
) -> None:
    token, _ = ApiToken.objects.issue(user=alice, name="chat site")
    chosen = {"_selected_action": [str(token.pk)], "confirmed": "yes"}

    admin.post(TOKENS, {"action": "let_speak", **chosen})
    assert ApiToken.objects.get().speaks_for_users

    admin.post(TOKENS, {"action": "let_speak_no_more", **chosen})
    assert not ApiToken.objects.get().speaks_for_users
    assert [entry.change_message for entry in LogEntry.objects.order_by("id")] == [
        "Trusted.",
        "Trusted no longer.",
    ]


def test_who_may_only_look_at_tokens_revokes_none(
    alice: User, bob: User, client_for: Callable[[User], Client]
) -> None:
    token, _ = ApiToken.objects.issue(user=alice, name="CI")
    bob.is_staff = True
    bob.save()
    bob.user_permissions.add(Permission.objects.get(codename="view_apitoken"))
    chosen = {"action": "revoke", "_selected_action": [str(token.pk)], "confirmed": "yes"}
    page = client_for(bob).post(TOKENS, chosen, follow=True)
    assert page.status_code == 200
    assert ApiToken.objects.get().revoked_at is None


def test_a_user_is_deleted_with_their_tokens(admin: Client, alice: User) -> None:
    for name in ("CI", "Old laptop"):
        ApiToken.objects.issue(user=alice, name=name)
    address = f"{USERS}{alice.pk}/delete/"
    assert "Old laptop" in admin.get(address).content.decode()
    assert admin.post(address, {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk=alice.pk).exists()
    assert not ApiToken.objects.exists()


def test_only_the_admin_has_the_looser_policy(admin: Client) -> None:
    assert "unsafe-eval" in admin.get(USERS).headers["Content-Security-Policy"]
    assert "unsafe" not in admin.get("/tokens/").headers["Content-Security-Policy"]


@pytest.fixture
def helper(bob: User, client_for: Callable[[User], Client]) -> Client:
    """Staff who may change users, and no more."""
    bob.is_staff = True
    bob.save()
    names = ("view_user", "change_user", "delete_user")
    bob.user_permissions.set(Permission.objects.filter(codename__in=names))
    return client_for(bob)


def test_only_superusers_give_rights(helper: Client, alice: User) -> None:
    """Else whoever may change users makes a second account of theirs a superuser."""
    rights = {"is_active": "on", "is_staff": "on", "is_superuser": "on"}
    fields = {"email": alice.email, "name": "Alicia", **rights}
    assert helper.post(f"{USERS}{alice.pk}/change/", fields).status_code == 302
    alice.refresh_from_db()
    assert (alice.name, alice.is_staff, alice.is_superuser) == ("Alicia", False, False)


def test_only_superusers_change_staff(helper: Client, staff: User, bob: User) -> None:
    fields = {"email": "mine@example.org", "name": "x", "is_active": "on"}
    password = {
        "usable_password": "true", "password1": "other horse 29", "password2": "other horse 29",
    }  # fmt: skip
    for user in (staff, bob):
        assert helper.post(f"{USERS}{user.pk}/change/", fields).status_code == 403
        assert helper.post(f"{USERS}{user.pk}/password/", password).status_code == 403
        assert helper.post(f"{USERS}{user.pk}/delete/", {"post": "yes"}).status_code == 403
    for action in ("switch_off", "take_factors", "delete_selected"):
        chosen = {"action": action, "_selected_action": [str(staff.pk)]}
        helper.post(USERS, {**chosen, "post": "yes", "confirmed": "yes"})
    after = User.objects.get(pk=staff.pk)
    assert (after.email, after.is_active, after.check_password(PASSWORD)) == (
        staff.email, True, True,
    )  # fmt: skip
