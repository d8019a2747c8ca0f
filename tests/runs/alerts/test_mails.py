"""Mails leave by a real server, together, again where it fails, and once but for a dead worker."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from runs.alert_models import AlertNotice, Kind, MailStatus
from runs.alerts.finding import Finding
from runs.alerts.mails import LEASE, TOGETHER, claim, record, send_mails
from runs.alerts.services.preferences import Digest, set_preferences
from runs.alerts.services.telling import send_test, tell
from runs.tasks import tell_alerts
from runs.webhooks.schedule import PAUSES_S
from tests.factories import set_budget
from tests.mail_server import MailServer, mail_server
from tests.runs.alerts.findings import RUN, doubt
from tests.runs.alerts.spending import run_of, spend
from tests.stack import wait_for

pytestmark = pytest.mark.django_db
A_DAY = timedelta(days=1, hours=6)


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    """The site's mail server."""
    with mail_server() as found:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", found.port
        settings.EMAIL_USE_TLS = False
        settings.PUBLIC_URL = "https://agents.example.org"
        yield found


def later(span: timedelta) -> None:
    """All that happened is so much longer ago."""
    AlertNotice.objects.update(due_at=F("due_at") - span)
    AlertNotice.objects.exclude(mailed_at=None).update(mailed_at=F("mailed_at") - span)


def test_a_mail_has_the_words_as_text_and_html_with_links(alice: User, server: MailServer) -> None:
    tell(doubt(alice))
    assert send_mails() == 1
    (mail,) = server.mails
    assert mail["to"] == alice.email
    assert mail["subject"] == "[agentsite] 1 call of a run in doubt"
    assert mail["List-Unsubscribe"] == "<https://agents.example.org/alerts/>"
    for kind in ("plain", "html"):
        body: Any = mail.get_body((kind,))
        text = body.get_content()
        assert "$0.50" in text
        assert f"https://agents.example.org/runs/{RUN}/" in text
        assert "https://agents.example.org/alerts/" in text
    assert send_mails() == 0
    notice = AlertNotice.objects.get()
    assert (notice.mail, notice.tries, notice.error) == (MailStatus.SENT, 1, "")
    assert notice.mailed_at


def test_from_a_spent_budget_to_the_mail_it_takes_one_task(alice: User, server: MailServer) -> None:
    set_budget(10, scope="user", user=alice, hard=False)
    spend(run_of(alice), "8.25")
    tell_alerts()
    tell_alerts()
    (mail,) = server.mails
    assert mail["subject"] == "[agentsite] 80% of your monthly budget is used up"
    body: Any = mail.get_body(("plain",))
    assert "$8.25 (simulated) is settled of a limit of $10.00 (simulated)" in body.get_content()


def test_alerts_that_come_close_together_are_one_mail(alice: User, server: MailServer) -> None:
    for number in range(3):
        tell(doubt(alice, f"run-{number}"))
    assert send_mails() == 1
    assert server.mails[0]["subject"] == "[agentsite] 3 alerts"

    for number in range(3, 5):
        tell(doubt(alice, f"run-{number}"))
    assert send_mails() == 0
    later(TOGETHER)
    assert send_mails() == 1
    assert server.mails[1]["subject"] == "[agentsite] 2 alerts"


def test_what_is_urgent_waits_for_nothing(alice: User, server: MailServer) -> None:
    tell(doubt(alice))
    send_mails()
    send_test(user=alice)
    assert send_mails() == 1


def test_each_person_gets_a_mail_of_their_own(alice: User, bob: User, server: MailServer) -> None:
    tell(doubt(alice, "run-1"))
    tell(doubt(bob, "run-2"))
    assert send_mails() == 2
    assert {mail["to"] for mail in server.mails} == {alice.email, bob.email}


def test_a_digest_is_one_mail_a_day(alice: User, server: MailServer) -> None:
    set_preferences(user=alice, ways={}, digest=Digest(True, 8, "UTC"))
    for number in range(30):
        tell(doubt(alice, f"run-{number}"))
    assert send_mails() == 0
    later(timedelta(days=1))
    assert send_mails() == 1
    body: Any = server.mails[0].get_body(("plain",))
    assert "And 10 more, on the page Alerts." in body.get_content()
    assert {notice.mail for notice in AlertNotice.objects.all()} == {MailStatus.SENT}


def test_a_mail_server_that_is_down_loses_nothing(
    alice: User, server: MailServer, settings: Any
) -> None:
    tell(doubt(alice))
    settings.EMAIL_PORT = 1
    assert send_mails() == 0
    notice = AlertNotice.objects.get()
    assert (notice.mail, notice.tries) == (MailStatus.WAITING, 1)
    assert notice.due_at > timezone.now()
    assert "Refused" in notice.error
    settings.EMAIL_PORT = server.port
    assert send_mails() == 0
    later(A_DAY)
    assert send_mails() == 1
    assert AlertNotice.objects.get().error == ""


def test_a_server_that_refuses_is_asked_for_three_days(alice: User, server: MailServer) -> None:
    tell(doubt(alice))
    server.answer = b"451 later"
    for tries in range(len(PAUSES_S) + 1):
        assert AlertNotice.objects.get().tries == tries
        send_mails()
        later(A_DAY)
    notice = AlertNotice.objects.get()
    assert (notice.mail, "451" in notice.error) == (MailStatus.FAILED, True)
    sent = len(server.raw)
    send_mails()
    assert len(server.raw) == sent


def test_one_address_that_is_refused_delays_no_other(
    alice: User, bob: User, server: MailServer
) -> None:
    server.refused = alice.email
    tell(doubt(alice, "run-1"))
    tell(doubt(bob, "run-2"))
    assert send_mails() == 1
    assert [mail["to"] for mail in server.mails] == [bob.email]
    failed = AlertNotice.objects.get(recipient=alice)
    assert (failed.mail, "550" in failed.error) == (MailStatus.WAITING, True)


def test_a_claim_that_was_lost_changes_nothing(alice: User, server: MailServer) -> None:
    tell(doubt(alice))
    slow = claim()
    assert slow
    assert claim() is None
    later(LEASE)
    assert send_mails() == 1
    record(slow, "It took too long.")
    notice = AlertNotice.objects.get()
    assert (notice.mail, notice.claims, notice.error) == (MailStatus.SENT, 2, "")


def test_nobody_who_is_switched_off_is_mailed(alice: User, server: MailServer) -> None:
    tell(doubt(alice))
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert send_mails() == 0
    User.objects.filter(pk=alice.pk).update(is_active=True)
    assert send_mails() == 1


CHILD = """
import django
django.setup()
from django.conf import settings
settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", {port}, False
from runs.alerts.mails import send_mails
send_mails()
"""


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_loses_no_mail_and_at_most_repeats_it(
    alice: User, server: MailServer, child_env: dict[str, str]
) -> None:
    tell(doubt(alice))
    server.answer = None
    code = CHILD.format(port=server.port)
    child = subprocess.Popen([sys.executable, "-c", code], env=child_env)
    try:
        wait_for(lambda: server.raw)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait(60)
    assert AlertNotice.objects.get().mail == MailStatus.SENDING
    server.answer = b"250 taken"
    assert send_mails() == 0
    later(LEASE)
    assert send_mails() == 1
    assert AlertNotice.objects.get().mail == MailStatus.SENT
    assert len(server.mails) == 2


def test_who_is_no_longer_staff_is_told_nothing_of_the_site(
    staff: User, server: MailServer
) -> None:
    set_preferences(user=staff, ways={}, digest=Digest(daily=True, hour=8, timezone="UTC"))
    tell(Finding(Kind.BREAKER, "m", timezone.now(), data={
        "model": "m", "failures": 5, "since": timezone.now().isoformat(), "why": "", "open_s": 30,
        "fallback": None,
    }))  # fmt: skip
    later(A_DAY)
    User.objects.filter(pk=staff.pk).update(is_staff=False)
    assert send_mails() == 0
    staff.refresh_from_db()
    assert not AlertNotice.objects.visible_to(staff).exists()

    User.objects.filter(pk=staff.pk).update(is_staff=True)
    assert send_mails() == 1
    staff.refresh_from_db()
    assert AlertNotice.objects.visible_to(staff).count() == 1
