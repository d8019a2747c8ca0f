"""Signing in, signing up and setting a new password, in the browser's way."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from tests.factories import PASSWORD

LOGIN = "/accounts/login/"
SIGNUP = "/accounts/signup/"
RESET = "/accounts/password/reset/"


def sign_in(client: Client, email: str, password: str, **extra: Any) -> Any:
    return client.post(LOGIN, {"login": email, "password": password}, **extra)


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_email_in_any_case_and_password_sign_in(alice: User, client: Client) -> None:
    response = sign_in(client, "Alice@Example.org", PASSWORD)
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert signed_in(client)


def test_signing_in_goes_on_to_where_it_was_asked_for(alice: User, client: Client) -> None:
    asked = client.get("/tokens/")
    assert asked.status_code == 302
    page = client.get(asked.headers["Location"])
    assert b'name="next" value="/tokens/"' in page.content
    response = client.post(LOGIN, {"login": alice.email, "password": PASSWORD, "next": "/tokens/"})
    assert response.headers["Location"] == "/tokens/"


def test_signing_in_never_leads_to_another_site(alice: User, client: Client) -> None:
    target = "https://evil.example/"
    response = client.post(LOGIN, {"login": alice.email, "password": PASSWORD, "next": target})
    assert response.headers["Location"] == "/"


def test_a_wrong_email_and_a_wrong_password_look_the_same(alice: User, client: Client) -> None:
    wrong_password = sign_in(client, alice.email, "wrong")
    wrong_email = sign_in(client, "nobody@example.org", "wrong")
    assert wrong_password.status_code == wrong_email.status_code == 200
    message = "Email or password is wrong."
    assert wrong_password.content.decode().count(message) == 1
    assert wrong_email.content.decode().count(message) == 1
    assert not signed_in(client)


def test_an_inactive_user_does_not_get_in(alice: User, client: Client) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    response = sign_in(client, alice.email, PASSWORD)
    assert response.headers["Location"] == "/accounts/inactive/"
    assert "inactive" in client.get("/accounts/inactive/").content.decode()
    assert not signed_in(client)


def test_a_session_lasts_as_long_as_was_asked(alice: User, client: Client) -> None:
    sign_in(client, alice.email, PASSWORD)
    assert client.session.get_expire_at_browser_close()
    client.logout()
    client.post(LOGIN, {"login": alice.email, "password": PASSWORD, "remember": "on"})
    assert client.session.get_expiry_age() == 14 * 86_400


def test_tries_are_counted_by_network_and_email_and_then_wait(
    alice: User, address: str, limit_to: Callable[..., None]
) -> None:
    limit_to(account=3)
    answers = [sign_in(Client(REMOTE_ADDR=address), alice.email, "wrong") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert "2 tries left." in answers[0].content.decode()
    assert "1 try left." in answers[1].content.decode()
    refused = answers[3]
    assert re.search(r"Try again in \d+ (seconds?|minutes|hours)", refused.content.decode())
    assert int(refused.headers["Retry-After"]) > 0
    disguised = alice.email.upper().replace("A", "\uff21")
    blocked = sign_in(Client(REMOTE_ADDR=address), disguised, PASSWORD)
    assert blocked.status_code == 429


def test_nobody_locks_another_out_of_their_account(
    alice: User, address: str, limit_to: Callable[..., None]
) -> None:
    limit_to(login=4, account=2)
    hosts = [f"198.51.{address.rsplit('.', 1)[1]}.{n}" for n in range(1, 9)]
    for host in hosts:
        for _ in range(3):
            sign_in(Client(REMOTE_ADDR=host), alice.email, "wrong")
    owner = Client(REMOTE_ADDR=address)
    assert sign_in(owner, alice.email, PASSWORD).status_code == 302
    assert signed_in(owner)


def test_tries_are_counted_by_address_over_all_emails(
    db: None, address: str, limit_to: Callable[..., None]
) -> None:
    limit_to(login=2)
    client = Client(REMOTE_ADDR=address)
    answers = [sign_in(client, f"nobody{n}@{address}.example", "x") for n in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert client.get(LOGIN).status_code == 200


def test_tries_are_counted_over_the_networks_that_one_may_have(
    db: None, address: str, limit_to: Callable[..., None]
) -> None:
    limit_to(login=1)
    site = f"2001:db8:{int(address.replace('.', '')) % 65_536:x}"
    tries = [
        sign_in(Client(REMOTE_ADDR=f"{site}:{n}::1"), f"nobody{n}@{address}.example", "x")
        for n in range(11)
    ]
    assert [one.status_code for one in tries] == [200] * 10 + [429]


@pytest.mark.usefixtures("redis_away")
def test_sign_in_works_while_redis_is_away(alice: User, client: Client) -> None:
    sign_in(client, alice.email, PASSWORD)
    assert signed_in(client)


def test_signing_out_asks_and_ends_the_session(alice: User, client: Client) -> None:
    client.force_login(alice)
    assert b"Sign out?" in client.get("/accounts/logout/").content
    assert signed_in(client)
    client.post("/accounts/logout/")
    assert not signed_in(client)


def test_forms_need_their_csrf_token(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    response = sign_in(client, alice.email, PASSWORD)
    assert response.status_code == 403
    assert b"This form was too old" in response.content


def test_the_demo_note_is_for_development_with_the_simulator(
    db: None, client: Client, settings: Settings
) -> None:
    settings.DEMO, settings.SIMULATED = True, True
    assert b"make up" in client.get(LOGIN).content
    settings.SIMULATED = False
    assert b"make up" not in client.get(LOGIN).content
    settings.DEMO, settings.SIMULATED = False, True
    assert b"make up" not in client.get(LOGIN).content


def sign_up(client: Client, **fields: str) -> Any:
    new = {"name": "Ines Laurent", "email": "Ines@Example.org", "password1": "correct horse 27"}
    return client.post(SIGNUP, {**new, **fields})


def test_sign_up_makes_a_user_with_a_name_and_signs_in(
    db: None, client: Client, settings: Settings
) -> None:
    settings.SIGNUP_OPEN = True
    assert SIGNUP in client.get(LOGIN).content.decode()
    assert sign_up(client).status_code == 302
    user = User.objects.get(email="ines@example.org")
    assert user.name == "Ines Laurent"
    assert user.verified_at is None
    assert not user.is_staff
    assert signed_in(client)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"email": "ALICE@example.org"}, "sign up with this email"),
        ({"password1": "12345678"}, "too common"),
        ({"password1": "short"}, "too short"),
        ({"name": ""}, "required"),
    ],
)
def test_a_bad_sign_up_says_what_is_wrong(
    alice: User, client: Client, fields: dict[str, str], complaint: str
) -> None:
    page = sign_up(client, **fields)
    assert complaint in page.content.decode()
    assert User.objects.count() == 1


def test_closed_sign_up_says_so_and_makes_nobody(
    db: None, client: Client, settings: Settings
) -> None:
    settings.SIGNUP_OPEN = False
    assert b"Sign-up is closed" in client.get(SIGNUP).content
    assert SIGNUP not in client.get(LOGIN).content.decode()
    sign_up(client)
    assert not User.objects.exists()


def test_a_reset_link_sets_a_new_password_once(alice: User, client: Client) -> None:
    assert client.post(RESET, {"email": alice.email}).headers["Location"] == f"{RESET}done/"
    (message,) = mail.outbox
    assert message.to == [alice.email]
    link = re.search(r"https?://\S+", str(message.body))
    assert link is not None
    form = client.get(link[0], follow=True)
    assert b"Choose a new password" in form.content
    new = "another horse 28"
    done = client.post(
        form.redirect_chain[-1][0], {"password1": new, "password2": new}, follow=True
    )
    assert b"Password changed" in done.content
    alice.refresh_from_db()
    assert alice.check_password(new)
    assert b"This link is used or too old" in Client().get(link[0], follow=True).content


@pytest.mark.parametrize("email", ["alice@example.org", "nobody@example.org"])
@pytest.mark.parametrize("path", [RESET, SIGNUP])
def test_mail_names_the_site_and_not_what_the_request_called_it(
    alice: User, client: Client, settings: Settings, path: str, email: str
) -> None:
    settings.PUBLIC_URL = "https://agents.example.org"
    settings.ALLOWED_HOSTS = ["agents.example.org"]
    settings.SIGNUP_OPEN = settings.EMAIL_VERIFIED = True
    new = {"email": email, "name": "A", "password1": "correct horse 27"}
    client.post(path, new, HTTP_HOST="agents.example.org:4444")
    for message in mail.outbox:
        assert "4444" not in f"{message.subject} {message.body}"
        assert "agents.example.org" in str(message.body)
    if path == RESET:
        assert len(mail.outbox) == 1


def test_a_reset_for_an_unknown_email_looks_the_same(db: None, client: Client) -> None:
    response = client.post(RESET, {"email": "nobody@example.org"})
    assert response.headers["Location"] == f"{RESET}done/"
    assert "http" not in str(mail.outbox[0].body)


def test_without_email_an_administrator_resets_passwords(
    alice: User, client: Client, settings: Settings
) -> None:
    assert RESET in client.get(LOGIN).content.decode()
    settings.SENDS_MAIL = False
    assert RESET not in client.get(LOGIN).content.decode()
    assert b"an administrator resets passwords" in client.get(RESET).content
    client.post(RESET, {"email": alice.email})
    assert mail.outbox == []


def test_resets_are_limited(db: None, address: str, limit_to: Callable[..., None]) -> None:
    limit_to(login=1)
    client = Client(REMOTE_ADDR=address)
    email = f"{address}@example.org"
    statuses = [client.post(RESET, {"email": email}).status_code for _ in range(2)]
    assert statuses == [302, 429]


def test_staff_sign_in_to_the_admin_where_everyone_does(
    staff: User, alice: User, client: Client
) -> None:
    asked = client.get("/admin/", follow=True)
    assert asked.redirect_chain[-1][0] == f"{LOGIN}?next=%2Fadmin%2F"
    client.force_login(alice)
    assert client.get("/admin/", follow=True).status_code == 403
    client.force_login(staff)
    assert client.get("/admin/").status_code == 200
