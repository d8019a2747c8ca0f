"""Another e-mail address: only for who is there in person, and only once the link was opened."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client

from accounts.models import User
from accounts.verification import change_key
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
NEW = "alice.new@example.org"


@pytest.fixture
def client(alice: User) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    mail.outbox.clear()
    return client


def link() -> str:
    (line,) = [line for line in mail.outbox[-1].body.splitlines() if "/account/email/" in line]
    return "/" + line.split("/", 3)[3]


def test_the_address_changes_once_the_link_is_opened_and_the_old_one_is_told(
    client: Client, alice: User
) -> None:
    client.post("/account/email/", {"email": NEW})
    alice.refresh_from_db()
    assert (alice.email, mail.outbox[-1].to) == ("alice@example.org", [NEW])

    path = link()
    assert NEW in client.get(path).content.decode()
    client.post(path)
    alice.refresh_from_db()
    assert alice.email == NEW
    assert mail.outbox[-1].to == ["alice@example.org"]
    # Once.
    assert client.get(path).status_code == 404


def test_the_link_is_nothing_to_anyone_else(client: Client, alice: User, bob: User) -> None:
    path = f"/account/email/{change_key(alice, NEW)}/"
    his = Client()
    his.force_login(bob)

    assert Client().get(path).status_code == 302
    assert his.post(path).status_code == 404
    alice.refresh_from_db()
    assert alice.email == "alice@example.org"


def test_a_taken_address_looks_the_same_and_its_owner_is_told(client: Client, bob: User) -> None:
    free: Any = client.post("/account/email/", {"email": NEW})
    taken = client.post("/account/email/", {"email": bob.email})

    assert (free.status_code, free.headers["Location"]) == (302, taken.headers["Location"])
    assert mail.outbox[-1].to == [bob.email]
    assert "/account/email/" not in mail.outbox[-1].body


def test_an_address_that_was_taken_meanwhile_stays_its_owners(client: Client, alice: User) -> None:
    client.post("/account/email/", {"email": NEW})
    User.objects.create_user(NEW)
    client.post(link())

    alice.refresh_from_db()
    assert alice.email == "alice@example.org"
