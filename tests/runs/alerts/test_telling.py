"""An alert is told once, by the ways that each recipient wants, and mailed when that is wished."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.services import reset_password
from runs.alert_models import OF_USERS, Alert, AlertNotice, Kind, MailStatus
from runs.alerts.finding import Finding
from runs.alerts.selectors import preferences_of
from runs.alerts.services.preferences import (
    Digest,
    InvalidPreferences,
    Pausing,
    Ways,
    set_preferences,
)
from runs.alerts.services.telling import send_test, tell
from runs.alerts.sweep import sweep
from runs.retention.passes import delete_old
from runs.webhook_models import WebhookDelivery
from runs.webhooks.services import change_webhook, create_webhook
from tests.race import race
from tests.runs.alerts.findings import doubt

pytestmark = pytest.mark.django_db
HOOK = "https://hooks.example.org/a"
DAILY = Digest(daily=True, hour=8, timezone="UTC")


def notice_of(user: User) -> AlertNotice:
    return AlertNotice.objects.get(recipient=user)


def test_it_is_told_once(alice: User) -> None:
    assert tell(doubt(alice)) is not None
    assert tell(doubt(alice)) is None
    assert (Alert.objects.count(), AlertNotice.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_a_time_tell_it_once(alice: User) -> None:
    finding = doubt(alice)
    second = race(lambda: tell(finding), lambda: tell(finding))
    assert second is None
    assert AlertNotice.objects.count() == 1


def test_who_said_nothing_is_mailed_and_told_by_webhooks_that_want_alerts(alice: User) -> None:
    wants, _ = create_webhook(owner=alice, url=HOOK, events=["alert"])
    create_webhook(owner=alice, url=HOOK, events=["run.finished"])
    off, _ = create_webhook(owner=alice, url=HOOK, events=["alert"])
    change_webhook(webhook=off, enabled=False)
    tell(doubt(alice))
    notice = notice_of(alice)
    (message,) = WebhookDelivery.objects.all()
    assert (message.webhook, notice.messages) == (wants, [message.pk])
    assert (notice.mail, notice.urgent) == (MailStatus.WAITING, False)
    assert message.data["figures"] == notice.alert.data
    assert "1 call of a run in doubt" in message.data["title"]


def test_each_way_is_left_out_by_kind(alice: User) -> None:
    create_webhook(owner=alice, url=HOOK, events=["alert"])
    set_preferences(user=alice, ways={Kind.DOUBT: Ways(mail=False, webhook=False)})
    tell(doubt(alice))
    notice = notice_of(alice)
    assert (notice.mail, notice.messages) == (MailStatus.NONE, [])

    set_preferences(user=alice, ways={Kind.DOUBT: Ways(mail=True, webhook=False)})
    set_preferences(user=alice, ways={Kind.BUDGET: Ways(mail=False, webhook=True)})
    tell(doubt(alice, "run-2"))
    notice = AlertNotice.objects.order_by("id")[1]
    assert (notice.mail, notice.messages) == (MailStatus.WAITING, [])


def test_no_mail_goes_to_an_address_that_is_not_verified_nor_from_a_site_that_sends_none(
    alice: User, bob: User, settings: Any
) -> None:
    User.objects.filter(pk=alice.pk).update(verified_at=None)
    tell(doubt(alice))
    settings.SENDS_MAIL = False
    tell(doubt(bob, "run-2"))
    assert {notice.mail for notice in AlertNotice.objects.all()} == {MailStatus.NONE}


def test_who_is_switched_off_is_not_told(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert tell(doubt(alice)) is not None
    assert not AlertNotice.objects.exists()


def test_a_daily_mail_waits_for_its_hour_and_what_is_urgent_does_not(alice: User) -> None:
    set_preferences(user=alice, ways={}, digest=DAILY)
    tell(doubt(alice))
    due = notice_of(alice).due_at
    assert (due.hour, due.minute) == (8, 0)
    assert timezone.now() < due <= timezone.now() + timedelta(days=1)
    test = send_test(user=alice)
    urgent = AlertNotice.objects.get(alert=test)
    assert urgent.due_at <= timezone.now()
    assert urgent.urgent


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"ways": {Kind.AUDIT: Ways(True, True)}}, "kinds"),
        ({"ways": {}, "digest": Digest(True, 24, "UTC")}, "daily_hour"),
        ({"ways": {}, "digest": Digest(True, 8, "Mars/Olympus")}, "timezone"),
    ],
)
def test_preferences_that_make_no_sense_change_nothing(
    alice: User, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidPreferences) as refused:
        set_preferences(user=alice, **given)
    assert refused.value.field == field


def test_a_reset_of_the_password_takes_back_what_was_silenced(alice: User) -> None:
    silence = {kind: Ways(mail=False, webhook=False) for kind in OF_USERS}
    pausing = Pausing(all_tokens=True, token_ids=[])
    set_preferences(user=alice, ways=silence, digest=DAILY, pausing=pausing)
    reset_password(user=alice, password="another horse staple")
    wishes = preferences_of(alice)
    assert (wishes.no_mail, wishes.no_webhook, wishes.daily) == ([], [], False)
    assert wishes.pause_tokens


def test_staff_may_be_told_of_the_site(staff: User, alice: User) -> None:
    assert set(Kind.of(staff)) > set(OF_USERS)
    assert set(Kind.of(alice)) == set(OF_USERS)


def test_old_alerts_go_unless_their_window_never_ends(alice: User) -> None:
    """With whom they were told."""
    tell(doubt(alice))
    total = Finding(Kind.BUDGET, "1", timezone.now(), owner_id=alice.pk, data={
        "percent": 50, "scope": "user", "token_name": None, "period": "total", "hard": True,
        "limit_usd": "1", "settled_usd": "1", "held_usd": "0", "ends_at": None,
    })  # fmt: skip
    tell(total)
    delete_old()
    assert Alert.objects.count() == AlertNotice.objects.count() == 2
    Alert.objects.update(created_at=timezone.now() - timedelta(days=91))
    delete_old()
    assert [alert.kind for alert in Alert.objects.all()] == ["budget"]
    assert [notice.alert.kind for notice in AlertNotice.objects.all()] == ["budget"]


@pytest.mark.parametrize(("percent", "told"), [(50, ["alert"]), (80, []), (100, [])])
def test_a_webhook_that_is_told_the_bare_event_is_not_told_twice(
    alice: User, percent: int, told: list[str]
) -> None:
    url = "https://hooks.example.org/"
    both, _ = create_webhook(owner=alice, url=url, events=["alert", "budget.threshold"])
    alone, _ = create_webhook(owner=alice, url=url, events=["alert"])
    tell(Finding(Kind.BUDGET, "1", timezone.now(), owner_id=alice.pk, data={
        "percent": percent, "scope": "user", "token_name": None, "period": "day", "hard": True,
        "limit_usd": "1", "settled_usd": "1", "held_usd": "0", "ends_at": None,
    }))  # fmt: skip

    assert [message.type for message in both.deliveries.all()] == told
    assert [message.type for message in alone.deliveries.all()] == ["alert"]


def test_a_cause_that_fails_keeps_no_other_one(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> Iterable[Finding]:
        raise ArithmeticError

    monkeypatch.setattr("runs.alerts.sweep.CAUSES", (broken, lambda: [doubt(alice)]))
    assert sweep() == 1
