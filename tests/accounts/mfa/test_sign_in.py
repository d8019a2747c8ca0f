"""With a second factor the password alone lets nobody in, whichever way they come."""

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.audit_models import Action, AuditEntry
from accounts.mfa.codes import take_code
from accounts.models import User
from accounts.services import change_password, reset_password, switch_off
from tests.accounts.jwts import SECRET as JWT_SECRET
from tests.accounts.jwts import signed
from tests.accounts.mfa.factors import (
    ANOTHER,
    SECRET,
    code,
    gave_password,
    give_code,
    is_in,
    recovery_codes,
    with_app,
    wrong_code,
)
from tests.factories import PASSWORD
from tests.race import race

pytestmark = pytest.mark.django_db


def test_the_password_alone_lets_nobody_in(alice: User) -> None:
    client = gave_password(with_app(alice))
    for path in ("/", "/account/", "/runs/", "/account/sessions/", "/api/v1/me/"):
        assert client.get(path).status_code in (302, 401), path
    assert not AuditEntry.objects.filter(action=Action.SIGNED_IN).exists()


def test_the_code_does(alice: User) -> None:
    client = gave_password(with_app(alice))
    give_code(client, code())

    assert is_in(client)
    assert AuditEntry.objects.filter(action=Action.SIGNED_IN, user_id=alice.pk).exists()


def test_a_wrong_code_does_not_and_is_recorded(alice: User) -> None:
    client = gave_password(with_app(alice))
    assert give_code(client, wrong_code()) == 200
    assert not is_in(client)
    failed = AuditEntry.objects.filter(action=Action.SIGN_IN_FAILED, user_id=alice.pk)
    assert failed.get().after == {"factor": "code"}


def test_a_code_works_once(alice: User) -> None:
    shown = code()
    with_app(alice)
    give_code(gave_password(alice), shown)
    again = gave_password(alice)
    give_code(again, shown)

    assert not is_in(again)


def test_a_recovery_code_works_once(alice: User) -> None:
    one = recovery_codes(with_app(alice))[0]
    first, second = gave_password(alice), gave_password(alice)
    give_code(first, one)
    give_code(second, one)

    assert (is_in(first), is_in(second)) == (True, False)


def test_codes_can_not_be_guessed(alice: User, settings: Settings) -> None:
    """Counted by the account, from wherever and in however many browsers they are tried."""
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "account": "3/5m"}
    with_app(alice)
    statuses = []
    for number in range(4):
        client = gave_password(alice, Client(REMOTE_ADDR=f"203.0.113.{number}"))
        statuses.append(give_code(client, wrong_code()))

    assert statuses == [200, 200, 200, 429]


def test_the_code_page_is_nothing_without_a_password(alice: User) -> None:
    with_app(alice)
    client = Client()
    give_code(client, code())

    assert not is_in(client)


def test_one_accounts_code_does_not_open_another(alice: User, bob: User) -> None:
    with_app(alice)
    client = gave_password(with_app(bob, ANOTHER))
    give_code(client, code())
    assert not is_in(client)


def test_a_second_password_in_one_browser_is_no_way_in(alice: User, bob: User) -> None:
    """Who is half signed in as one can't end up as the other by the first one's code."""
    with_app(alice)
    with_app(bob, ANOTHER)
    client = gave_password(alice)
    client.post("/accounts/login/", {"login": bob.email, "password": PASSWORD})
    give_code(client, code())

    page = client.get("/account/")
    assert page.status_code == 302 or page.context["user"] == alice


def test_a_new_password_by_mail_is_no_way_around_it(alice: User) -> None:
    with_app(alice)
    client = Client()
    client.post("/accounts/password/reset/", {"email": alice.email})
    link = next(line for line in mail.outbox[-1].body.splitlines() if "/reset/key/" in line)
    page = client.get("/" + link.split("/", 3)[3], follow=True)
    client.post(
        page.request["PATH_INFO"],
        {"password1": "another good one", "password2": "another good one"},
        follow=True,
    )
    assert not is_in(client)
    client.post("/accounts/login/", {"login": alice.email, "password": "another good one"})

    assert not is_in(client)
    give_code(client, code())
    assert is_in(client)


def test_the_admins_sign_in_asks_for_it_too(staff: User) -> None:
    with_app(staff)
    client = Client()
    client.post("/admin/login/", {"username": staff.email, "password": PASSWORD})
    assert client.get("/admin/accounts/user/").status_code == 302


def test_a_jwt_has_to_say_that_it_was_asked_for(alice: User, settings: Settings) -> None:
    settings.JWT_SECRET_KEY = JWT_SECRET
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {signed(sub=str(alice.pk))}")
    assert client.get("/api/v1/me/").status_code == 200
    with_app(alice)
    refused = client.get("/api/v1/me/")
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {signed(sub=str(alice.pk), amr=['pwd', 'otp'])}")

    assert (refused.status_code, refused.json()["code"]) == (401, "mfa_required")
    assert client.get("/api/v1/me/").status_code == 200


@pytest.mark.parametrize("amr", ["mfa", ["pwd"], {"mfa": 1}, 7, None, [["mfa"]]])
def test_only_a_list_with_the_method_says_so(alice: User, settings: Settings, amr: object) -> None:
    settings.JWT_SECRET_KEY = JWT_SECRET
    with_app(alice)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {signed(sub=str(alice.pk), amr=amr)}")

    assert client.get("/api/v1/me/").status_code == 401


def test_an_api_token_made_with_it_goes_on(alice: User, api_for: Callable[..., APIClient]) -> None:
    api = api_for(with_app(alice))
    assert api.get("/api/v1/me/").status_code == 200


def test_the_secret_is_not_in_the_database(alice: User) -> None:
    with_app(alice)
    kept = [str(row.data) for row in Authenticator.objects.filter(user=alice)]
    assert len(kept) == 2
    assert not [data for data in kept if SECRET in data]


def test_a_code_that_was_seen_works_no_more_while_it_is_still_valid(alice: User) -> None:
    """A code is valid for 90 seconds; whoever saw it being typed has the rest of them."""
    with_app(alice)
    shown, earlier = code(periods=0), code(periods=-1)
    give_code(gave_password(alice), shown)
    cache.clear()  # what django-allauth remembers, for 30 seconds
    for seen in (shown, earlier):
        again = gave_password(alice)
        give_code(again, seen)
        assert not is_in(again)
    later = gave_password(alice)
    give_code(later, code(periods=1))
    assert is_in(later)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_send_one_code_at_once_one_gets_in(alice: User) -> None:
    with_app(alice)
    shown = code()
    second = race(
        lambda: take_code(user=alice, code=shown), lambda: take_code(user=alice, code=shown)
    )
    assert second is None


def test_it_works_while_redis_is_away(alice: User, redis_away: None) -> None:
    with_app(alice)
    client = gave_password(alice)
    give_code(client, code())
    assert is_in(client)


@pytest.mark.parametrize("by_mail", [False, True])
def test_who_gave_a_password_that_was_replaced_since_begins_anew(
    alice: User, by_mail: bool
) -> None:
    client = gave_password(with_app(alice))
    change = reset_password if by_mail else change_password
    change(user=alice, password="another good one")

    assert client.get("/accounts/2fa/authenticate/").headers["Location"] == "/accounts/login/"
    client = gave_password_as(alice, "another good one")
    give_code(client, code())
    assert is_in(client)


def test_who_is_switched_off_meanwhile_is_not_let_in(alice: User) -> None:
    client = gave_password(with_app(alice))
    switch_off(user=alice)
    give_code(client, code())
    assert not is_in(client)
    assert not AuditEntry.objects.filter(action=Action.SIGNED_IN).exists()


def gave_password_as(user: User, password: str) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": password})
    return client
