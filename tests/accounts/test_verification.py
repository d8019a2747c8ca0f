"""Whose address an account has: tokens need to know, and a reset takes it from anyone else."""

import io
import re
from collections.abc import Callable
from time import thread_time
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import ApiToken, User
from accounts.verification import link_key
from tests.factories import PASSWORD

SIGNUP = "/accounts/signup/"
TOKENS = "/api/v1/tokens/"
NEW = {"name": "Ines", "email": "ines@example.org", "password1": "correct horse 27"}


@pytest.fixture
def mallory(alice: User) -> User:
    """Someone who signed up with Alice's address before she did."""
    User.objects.filter(pk=alice.pk).update(verified_at=None)
    alice.refresh_from_db()
    return alice


def link_in(message: Any) -> str:
    found = re.search(r"https?://[^/\s]+(/\S+)", str(message.body))
    assert found is not None
    return found[1]


def test_an_unverified_address_makes_no_token(
    mallory: User, client_for: Callable[[User], Client]
) -> None:
    browser = client_for(mallory)
    page = browser.get("/tokens/").content.decode()
    assert "Verify your email address first" in page
    assert 'id="create"' not in page
    fields = {"name": "CI", "scopes": ["runs:read"], "expires": "90"}
    assert browser.post("/tokens/", fields).status_code == 422
    refused = browser.post(TOKENS, {"name": "CI"}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert "Verify" in refused.json()["detail"]
    assert not ApiToken.objects.exists()


def test_staff_make_a_token_for_whom_they_like(mallory: User) -> None:
    call_command("create_token", "--user", mallory.email, "--name", "CI", stdout=io.StringIO())
    assert ApiToken.objects.get().user == mallory


def test_the_link_verifies_for_who_is_signed_in(
    mallory: User, client_for: Callable[[User], Client]
) -> None:
    browser = client_for(mallory)
    assert "Not verified" in browser.get("/account/").content.decode()
    browser.post("/account/verify/")
    (message,) = mail.outbox
    assert message.to == [mallory.email]
    link = link_in(message)
    browser.get(link)
    assert User.objects.get().verified_at is None, "mail scanners follow links"
    assert "Address verified" in browser.post(link).content.decode()
    mallory.refresh_from_db()
    assert mallory.verified_at is not None
    assert browser.post(TOKENS, {"name": "CI"}, content_type="application/json").status_code == 201
    assert "Not verified" not in browser.get("/account/").content.decode()


def test_the_link_alone_does_not_verify_another_s_sign_up(mallory: User, client: Client) -> None:
    link = f"/accounts/verify/{link_key(mallory)}/"
    assert client.post(link).status_code == 422
    assert client.post(link, {"password": "a guess"}).status_code == 422
    mallory.refresh_from_db()
    assert mallory.verified_at is None
    assert client.post(link, {"password": PASSWORD}).status_code == 200
    mallory.refresh_from_db()
    assert mallory.verified_at is not None


def test_guesses_at_the_link_are_limited(
    mallory: User, address: str, limit_to: Callable[..., None]
) -> None:
    limit_to(account=2)
    client = Client(REMOTE_ADDR=address)
    link = f"/accounts/verify/{link_key(mallory)}/"
    answers = [client.post(link, {"password": "x"}).status_code for _ in range(3)]
    assert answers == [422, 422, 429]


def test_a_link_of_an_earlier_address_is_void(mallory: User, client: Client) -> None:
    link = f"/accounts/verify/{link_key(mallory)}/"
    mallory.email = "other@example.org"
    mallory.save()
    assert client.post(link, {"password": PASSWORD}).status_code == 404
    assert client.get("/accounts/verify/made:up:key/").status_code == 404


def test_a_reset_ends_sessions_and_tokens_and_says_so(
    mallory: User, client: Client, client_for: Callable[[User], Client]
) -> None:
    intruder = client_for(mallory)
    _, key = ApiToken.objects.issue(user=mallory, name="left behind")
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    assert api.get("/api/v1/me/").status_code == 200

    client.post("/accounts/password/reset/", {"email": mallory.email})
    form = client.get(link_in(mail.outbox[0]), follow=True)
    assert "tokens are revoked" in form.content.decode()
    new = {"password1": "another horse 28", "password2": "another horse 28"}
    done = client.post(form.redirect_chain[-1][0], new, follow=True)

    assert "tokens are revoked" in done.content.decode()
    assert "tokens are revoked" in str(mail.outbox[1].body)
    assert mail.outbox[1].to == [mallory.email]
    assert api.get("/api/v1/me/").status_code == 401
    assert intruder.get("/account/").status_code == 302
    mallory.refresh_from_db()
    assert mallory.verified_at is not None


def test_a_new_password_from_staff_ends_tokens_too(
    staff: User, alice: User, client_for: Callable[[User], Client]
) -> None:
    ApiToken.objects.issue(user=alice, name="left behind")
    new = {"usable_password": "true", "password1": "other horse 29", "password2": "other horse 29"}
    address = f"/admin/accounts/user/{alice.pk}/password/"
    assert client_for(staff).post(address, new).status_code == 302
    assert not alice.api_tokens.unrevoked().exists()


def test_staff_vouch_for_an_address(
    staff: User, mallory: User, client_for: Callable[[User], Client]
) -> None:
    chosen = {"action": "vouch", "_selected_action": [mallory.pk], "confirmed": "yes"}
    client_for(staff).post("/admin/accounts/user/", chosen)
    mallory.refresh_from_db()
    assert mallory.verified_at is not None


def test_who_is_made_by_staff_or_a_command_counts_as_verified(
    staff: User, client_for: Callable[[User], Client]
) -> None:
    assert staff.verified_at is not None
    fields = {
        "email": "new@example.org",
        "name": "New",
        "usable_password": "true",
        "password1": "correct horse 27",
        "password2": "correct horse 27",
    }
    client_for(staff).post("/admin/accounts/user/add/", fields)
    assert User.objects.get(email="new@example.org").verified_at is not None


def test_where_mail_is_sent_sign_up_says_nothing_of_an_address(
    alice: User, settings: Settings
) -> None:
    settings.VERIFIED_SIGN_IN = True
    answers = []
    for email in (alice.email, "free@example.org"):
        client = Client()
        answer = client.post(SIGNUP, {**NEW, "email": email})
        page = client.get(answer.headers["Location"]).content
        answers.append((answer.status_code, answer.headers["Location"], page))
    assert answers[0] == answers[1]
    told, asked = mail.outbox
    assert "has an account already" in str(told.body)
    assert "/accounts/verify/" in str(asked.body)


def test_where_mail_is_sent_sign_up_takes_as_long_for_an_address_that_is_taken(
    alice: User, settings: Settings
) -> None:
    settings.VERIFIED_SIGN_IN = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]

    def seconds(email: str) -> float:
        began = thread_time()
        assert Client().post(SIGNUP, {**NEW, "email": email}).status_code == 302
        return thread_time() - began

    taken = min(seconds(alice.email) for _ in range(3))
    free = min(seconds(f"free{n}@example.org") for n in range(3))
    assert 0.5 < taken / free < 2


def test_where_mail_is_sent_only_a_verified_address_signs_in(
    db: None, client: Client, settings: Settings
) -> None:
    settings.VERIFIED_SIGN_IN = True
    client.post(SIGNUP, NEW)
    sign_in = {"login": NEW["email"], "password": NEW["password1"]}
    refused = client.post("/accounts/login/", sign_in)
    wrong = client.post("/accounts/login/", {**sign_in, "password": "wrong"})
    texts = [re.sub(r"\w{60,}|\d tries", "", page.content.decode()) for page in (refused, wrong)]
    assert refused.status_code == 200
    assert texts[0] == texts[1]
    client.post(link_in(mail.outbox[0]), {"password": NEW["password1"]})
    assert client.post("/accounts/login/", sign_in).status_code == 302


def test_without_mail_a_taken_address_is_refused_without_saying_why(
    alice: User, client: Client
) -> None:
    page = client.post(SIGNUP, {**NEW, "email": alice.email}).content.decode()
    assert "sign up with this email" in page
    assert not re.search(r"already|exists|taken|registered", page)
