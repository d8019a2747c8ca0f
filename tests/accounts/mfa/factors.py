"""Second factors for tests: real ones, whose codes an app would show."""

import time

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.test import Client

from accounts.models import User
from tests.factories import PASSWORD

SECRET, ANOTHER = "JBSWY3DPEHPK3PXP", "KRSXG5CTMVRXEZLU"


def with_app(user: User, secret: str = SECRET) -> User:
    """The user, who set up an authenticator app and has recovery codes."""
    TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    user.refresh_from_db()
    return user


def code(secret: str = SECRET, periods: int = 0) -> str:
    """What the app shows now, or so many periods of 30 seconds later."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + periods)))


def wrong_code() -> str:
    """One that is of no time near."""
    return str(format_hotp_value(hotp_value(SECRET, int(time.time()) // 30 + 1000)))


def recovery_codes(user: User) -> list[str]:
    """Those that are left."""
    kept = Authenticator.objects.get(user=user, type=Authenticator.Type.RECOVERY_CODES)
    return list(kept.wrap().get_unused_codes())


def gave_password(user: User, client: Client | None = None) -> Client:
    """A browser that gave the right password, and is asked for the code now."""
    client = client or Client()
    answer = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def give_code(client: Client, given: str) -> int:
    """Answer with a code; the status."""
    return client.post("/accounts/2fa/authenticate/", {"code": given}).status_code


def is_in(client: Client) -> bool:
    """Whether the browser is signed in."""
    return client.get("/account/").status_code == 200
