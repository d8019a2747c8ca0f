"""Pictures of second factors, sessions, the audit log, and a kill switch with its receipt."""

from collections.abc import Iterator
from contextlib import contextmanager

from allauth.mfa.models import Authenticator
from playwright.sync_api import Page

from accounts.models import User
from runs.selectors.kill_switches import receipt_of
from runs.services.kill_switch import lift, pull
from runs.submission import Submission
from tests.accounts.mfa.factors import with_app
from tests.browser.screenshots.demo import Demo
from tests.browser.screenshots.view import Act, View
from tests.factories import PASSWORD, UserFactory
from tests.stack import wait_for

SLOW = "Compare three ways to keep secrets out of logs. [sim: chunks=900 rate=20]"


@contextmanager
def security_views(demo: Demo) -> Iterator[list[View]]:
    """Meanwhile one user is stopped."""
    otto = with_app(UserFactory.create(email="otto@acme.example", name="Otto Brandt"))
    paula = with_app(UserFactory.create(email="paula@acme.example", name="Paula Roth"))
    Authenticator.objects.filter(user=paula).update(data={"secret": "of a key that is gone"})
    for number in (1, 2):
        demo.start(f"stopped-{number}", Submission(task=SLOW, pattern="react"), demo.jonas)
    switch = pull(scope="user", user=demo.jonas, reason="Spends too fast.", by=demo.maya)
    wait_for(lambda: receipt_of(switch).ending == 0)
    for number in (1, 2):
        demo.tidy(demo.runs[f"stopped-{number}"])
    maya = demo.maya
    yield [
        View("account", maya, "/account/"),
        View("account-confirm", maya, "/account/email/"),
        View("account-email", maya, "/account/email/", _confirm),
        View("mfa", maya, "/accounts/2fa/"),
        View("mfa-set-up", maya, "/accounts/2fa/totp/activate/", _confirm),
        View("mfa-code", None, "/accounts/login/", _password_of(otto)),
        View("mfa-unreadable", None, "/accounts/login/", _code_of(paula)),
        View("delete-with-code", otto, "/account/delete/"),
        View("sessions", maya, "/account/sessions/"),
        View("activity", maya, "/account/activity/"),
        View("audit", maya, "/audit/"),
        View("audit-nothing", maya, "/audit/?who=nobody@acme.example"),
        View("kill-switches", maya, "/ops/kill/"),
        View("kill-switch", maya, f"/ops/kill/{switch.pk}/"),
    ]
    lift(switch=switch, by=maya)


def _confirm(page: Page) -> None:
    """Give the password, where this browser wasn't asked for it a moment ago."""
    if "reauthenticate" not in page.url:
        return
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()


def _password_of(user: User) -> Act:
    def sign_in(page: Page) -> None:
        # Nobody is half signed in since the picture before.
        page.context.clear_cookies()
        page.goto("/accounts/login/")
        page.get_by_label("Email").fill(user.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()

    return sign_in


def _code_of(user: User) -> Act:
    def give_code(page: Page) -> None:
        _password_of(user)(page)
        page.get_by_label("Code").fill("123456")
        page.get_by_role("button", name="Sign in").click()

    return give_code
