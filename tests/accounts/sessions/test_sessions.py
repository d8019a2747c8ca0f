"""Where one is signed in: listed, ended, and told of when it is new."""

from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from pytest_django import Settings

from accounts.audit_models import Action, AuditEntry
from accounts.devices import device_name
from accounts.models import User
from accounts.sign_in_models import SignIn
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)


def signed_in(user: User, device: str = FIREFOX, address: str = "203.0.113.1") -> Client:
    client = Client(headers={"User-Agent": device}, REMOTE_ADDR=address)
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    return client


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def test_each_browser_is_listed_with_device_and_address(alice: User, bob: User) -> None:
    here = signed_in(alice)
    signed_in(alice, SAFARI, "203.0.113.2")
    signed_in(bob)
    rows = here.get("/account/sessions/").context["sessions"]

    assert {(row["device"], row["sign_in"].address, row["here"]) for row in rows} == {
        ("Firefox on Linux", "203.0.113.1", True),
        ("Safari on iPhone", "203.0.113.2", False),
    }


def test_one_can_be_ended_and_the_others_go_on(alice: User) -> None:
    here, there = signed_in(alice), signed_in(alice, SAFARI)
    (row,) = [r for r in here.get("/account/sessions/").context["sessions"] if not r["here"]]
    here.post(f"/account/sessions/{row['sign_in'].pk}/end/")

    assert (is_in(here), is_in(there)) == (True, False)
    entry = AuditEntry.objects.get(action=Action.SESSION_ENDED)
    assert (entry.actor_id, entry.user_id) == (alice.pk, alice.pk)


def test_all_others_can_be_ended_at_once(alice: User, bob: User) -> None:
    here, there, his = signed_in(alice), signed_in(alice, SAFARI), signed_in(bob)
    here.post("/account/sessions/end-others/")

    assert (is_in(here), is_in(there), is_in(his)) == (True, False, True)


def test_nobody_ends_anothers(alice: User, bob: User) -> None:
    his = signed_in(bob)
    pk = SignIn.objects.get(user=bob).pk
    assert signed_in(alice).post(f"/account/sessions/{pk}/end/").status_code == 404
    assert is_in(his)


def test_a_session_gets_a_new_key_at_sign_in(alice: User) -> None:
    """Whoever planted the old one in the browser has nothing."""
    client = Client()
    client.get("/accounts/login/")
    planted = "a" * 32
    Session.objects.create(session_key=planted, session_data="", expire_date="2999-01-01T00:00:00Z")
    client.cookies["sessionid"] = planted
    client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    thief = Client()
    thief.cookies["sessionid"] = planted

    assert is_in(client)
    assert client.cookies["sessionid"].value != planted
    assert not is_in(thief)


def test_a_new_password_ends_all_others_and_keeps_this_one_listed(alice: User) -> None:
    here, there = signed_in(alice), signed_in(alice, SAFARI)
    mail.outbox.clear()
    new = {
        "old_password": PASSWORD,
        "new_password1": "quite new 12",
        "new_password2": "quite new 12",
    }
    here.post("/account/password/", new)

    assert (is_in(here), is_in(there)) == (True, False)
    (row,) = here.get("/account/sessions/").context["sessions"]
    assert row["here"]
    assert [one.subject for one in mail.outbox] == ["Your password was changed"]


def test_a_session_that_signed_out_is_gone_from_the_list(alice: User) -> None:
    there = signed_in(alice, SAFARI)
    there.post("/accounts/logout/")
    here = signed_in(alice)

    assert len(here.get("/account/sessions/").context["sessions"]) == 1


def test_a_mail_tells_of_a_new_device_and_only_of_that(
    alice: User, django_capture_on_commit_callbacks: Any
) -> None:
    subjects = []
    for device, address in [
        (FIREFOX, "203.0.113.1"),  # the first one ever
        (FIREFOX, "203.0.113.1"),
        (SAFARI, "203.0.113.1"),
        (FIREFOX, "203.0.113.9"),
    ]:
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            signed_in(alice, device, address)
        subjects.append([one.subject for one in mail.outbox])

    new = ["New sign-in to your account"]
    assert subjects == [[], [], new, new]


def test_a_site_without_mail_sends_none(alice: User, settings: Settings) -> None:
    settings.SENDS_MAIL = False
    here = signed_in(alice)
    form = {"old_password": PASSWORD, "new_password1": "quite new 12"}
    here.post("/account/password/", {**form, "new_password2": "quite new 12"})

    assert mail.outbox == []
    assert AuditEntry.objects.filter(action=Action.PASSWORD_CHANGED).exists()


@pytest.mark.parametrize(
    ("device", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", "An unknown device"),
        ("<script>", "<script>"),
    ],
)
def test_a_device_has_a_short_name(device: str, name: str) -> None:
    assert device_name(device) == name
