"""SECRET_KEY was replaced without a fallback: pages say what to do, and nothing is lost."""

from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from accounts.audit_models import Action, AuditEntry
from accounts.models import User
from tests.accounts.mfa.factors import code, gave_password, give_code, is_in, with_app
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

LOST = "can’t be checked now"


@pytest.fixture
def replaced(alice: User, settings: Settings) -> str:
    """Alice has second factors, and the site a new key; the earlier one."""
    with_app(alice)
    earlier: str = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 60, []
    return earlier


def kept() -> list[dict[str, Any]]:
    return [row.data for row in Authenticator.objects.order_by("pk")]


def test_the_code_page_says_what_to_do_and_loses_nothing(
    alice: User, replaced: str, settings: Settings
) -> None:
    before, client = kept(), gave_password(alice)
    page = client.post("/accounts/2fa/authenticate/", {"code": code()})

    assert page.status_code == 503
    text = page.content.decode()
    assert LOST in text
    assert "SECRET_KEY_FALLBACKS" in text
    assert not is_in(client)
    assert kept() == before

    settings.SECRET_KEY_FALLBACKS = [replaced]
    client = gave_password(alice)
    give_code(client, code())
    assert is_in(client)


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/accounts/2fa/", None),
        ("/accounts/2fa/recovery-codes/", None),
        ("/accounts/2fa/recovery-codes/generate/", None),
        ("/accounts/2fa/reauthenticate/", {"code": "123456"}),
    ],
)
def test_every_page_that_reads_them_says_so(
    alice: User, settings: Settings, path: str, sent: dict[str, str] | None
) -> None:
    """To someone who signed in just before, so that nothing else is asked for first."""
    client = gave_password(with_app(alice))
    give_code(client, code())
    earlier = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 60, [earlier]
    assert is_in(client)
    Authenticator.objects.filter(user=alice).delete()
    settings.SECRET_KEY = "gone" * 15
    with_app(alice)
    settings.SECRET_KEY = "n" * 60

    page = client.get(path) if sent is None else client.post(path, sent)

    assert page.status_code == 503
    assert LOST in page.content.decode()


def test_an_account_is_not_deleted_by_a_code_that_can_not_be_checked(
    alice: User, replaced: str
) -> None:
    client = Client()
    client.force_login(alice)
    typed = {"email": alice.email, "password": PASSWORD, "code": code()}
    page = client.post("/account/delete/", typed)
    assert page.status_code == 422
    assert LOST in page.content.decode()
    assert User.objects.filter(email=alice.email, is_active=True).exists()


def test_the_command_lets_its_owner_begin_anew(alice: User, replaced: str) -> None:
    out = StringIO()
    call_command("take_factors", user=alice.email, stdout=out)
    assert "signs in by password alone" in out.getvalue()
    assert not Authenticator.objects.exists()
    assert AuditEntry.objects.filter(action=Action.MFA_REMOVED, user_id=alice.pk).exists()
    assert is_in(gave_password(alice))
    for wrong in (alice.email, "nobody@example.org"):
        with pytest.raises(CommandError):
            call_command("take_factors", user=wrong)
