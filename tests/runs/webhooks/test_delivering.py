"""Messages arrive, signed, whatever the receiver did before; and what is made of its answers."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from standardwebhooks import Webhook as Verifier

from accounts.models import User
from runs.models import Run
from runs.sealing import WEBHOOK_SECRETS
from runs.webhook_models import InternalReceiver, Webhook, WebhookDelivery
from runs.webhooks.outbox import AT_ONCE, KEPT_ATTEMPTS, LEASE_S
from runs.webhooks.schedule import HOUR, PAUSES_S, asked_pause, pause_after
from runs.webhooks.services import (
    change_webhook,
    delete_webhook,
    replay,
    rotate_secret,
    send_test,
)
from tests.factories import RunFactory
from tests.receiver import Receiver, answers, receiver
from tests.runs.webhooks.ends import end_a_run

pytestmark = pytest.mark.django_db
Hook = Callable[..., tuple[Webhook, str]]
PAST_ANY_PAUSE = timedelta(days=1, hours=6)


def verified(secret: str, found: Receiver, number: int = -1) -> dict[str, Any]:
    """What arrived, if its signature is good."""
    one = found.received[number]
    return dict(Verifier(secret).verify(one.body, one.headers))


def only() -> WebhookDelivery:
    return WebhookDelivery.objects.get()


def test_a_message_arrives_signed(alice: User, hook: Hook, listening, deliver) -> None:
    webhook, secret = hook(alice, listening)
    run = end_a_run(alice)
    deliver()

    payload = verified(secret, listening)
    assert (payload["type"], payload["data"]["run_id"]) == ("run.finished", str(run.pk))
    (one,) = listening.received
    assert one.headers["content-type"] == "application/json"
    assert one.headers["webhook-id"] == str(only().pk)
    assert one.headers["host"] == listening.origin.removeprefix("http://")
    assert (only().status, only().attempts[0]["status"]) == ("delivered", 204)
    webhook.refresh_from_db()
    assert webhook.delivered_at is not None
    deliver()
    assert len(listening.received) == 1


def test_another_secret_verifies_nothing(alice: User, hook: Hook, listening, deliver) -> None:
    hook(alice, listening)
    end_a_run(alice)
    deliver()
    with pytest.raises(Exception, match="No matching signature"):
        verified("whsec_" + base64.b64encode(b"x" * 32).decode(), listening)


def test_while_a_secret_rotates_both_are_good(
    alice: User, hook: Hook, listening, deliver, later
) -> None:
    webhook, old = hook(alice, listening)
    new = rotate_secret(webhook=webhook)
    send_test(webhook=webhook)
    deliver()
    assert verified(old, listening) == verified(new, listening)

    later(timedelta(days=1, minutes=1))
    send_test(webhook=webhook)
    deliver()
    assert verified(new, listening)
    with pytest.raises(Exception, match="No matching signature"):
        verified(old, listening)


def test_without_an_overlap_the_old_secret_ends_at_once(
    alice: User, hook: Hook, listening, deliver
) -> None:
    webhook, _ = hook(alice, listening)
    rotate_secret(webhook=webhook, overlap=timedelta(0))
    send_test(webhook=webhook)
    deliver()
    assert " " not in listening.received[0].headers["webhook-signature"]


def test_secrets_are_sealed(alice: User, hook: Hook, listening) -> None:
    webhook, secret = hook(alice, listening)
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    webhook.refresh_from_db()
    assert secret not in webhook.secret
    assert WEBHOOK_SECRETS.unseal(webhook.secret) == secret


def test_a_secret_that_can_not_be_read_is_a_failed_attempt(
    alice: User, hook: Hook, listening, deliver, settings
) -> None:
    hook(alice, listening)
    end_a_run(alice)
    settings.SECRET_KEY = "another" * 8
    deliver()
    assert (only().status, listening.received) == ("waiting", [])
    assert "rotate" in only().attempts[0]["error"]


def test_a_receiver_that_was_down_for_an_hour_gets_the_message(
    alice: User, hook: Hook, listening, deliver, later
) -> None:
    webhook, secret = hook(alice, listening)
    listening.respond = answers(500, b"down")
    end_a_run(alice)
    for _ in range(60):
        deliver()
        later(timedelta(minutes=1))
    failed = len(listening.received)
    assert 6 <= failed <= 8
    assert set(listening.ids) == {str(only().pk)}
    webhook.refresh_from_db()
    assert (webhook.enabled, webhook.failing_since is not None) == (True, True)

    listening.respond = answers(200)
    later(timedelta(hours=4))
    deliver()
    assert len(listening.received) == failed + 1
    assert verified(secret, listening)["data"] == json.loads(listening.received[0].body)["data"]
    webhook.refresh_from_db()
    assert (only().status, webhook.failing_since) == ("delivered", None)


def test_the_schedule_is_three_days_of_growing_pauses() -> None:
    assert list(PAUSES_S) == sorted(PAUSES_S)
    assert 70 * HOUR < sum(PAUSES_S) < 72 * HOUR
    for tries, pause in enumerate(PAUSES_S, 1):
        spread = {pause_after(tries) for _ in range(20)}
        assert len(spread) > 1
        assert all(0.9 * pause <= (one or 0) <= 1.1 * pause for one in spread)
    assert pause_after(len(PAUSES_S) + 1) is None


def test_a_message_that_never_arrives_switches_its_webhook_off(
    alice: User, hook: Hook, listening, deliver, later
) -> None:
    webhook, _ = hook(alice, listening)
    listening.respond = answers(500, b"down")
    end_a_run(alice)
    for _ in range(len(PAUSES_S)):
        deliver()
        later(PAST_ANY_PAUSE)
    webhook.refresh_from_db()
    assert (webhook.enabled, only().status) == (True, "waiting")
    deliver()
    webhook.refresh_from_db()
    assert (webhook.enabled, webhook.off_reason, webhook.off_told) == (False, "failing", False)
    assert (only().status, len(listening.received)) == ("failed", len(PAUSES_S) + 1)
    end_a_run(alice)
    assert WebhookDelivery.objects.count() == 1


def test_one_that_refuses_a_single_message_stays_on(
    alice: User, hook: Hook, listening, deliver, later
) -> None:
    webhook, _ = hook(alice, listening)
    listening.respond = answers(500)
    end_a_run(alice)
    for _ in range(len(PAUSES_S)):
        deliver()
        later(PAST_ANY_PAUSE)
    refused = only()
    listening.respond = answers(200)
    WebhookDelivery.objects.filter(pk=refused.pk).update(due_at=timezone.now() + timedelta(hours=1))
    send_test(webhook=webhook)
    deliver()
    listening.respond = answers(500)
    later(PAST_ANY_PAUSE)
    deliver()
    webhook.refresh_from_db()
    refused.refresh_from_db()
    assert (webhook.enabled, refused.status) == (True, "failed")


@pytest.mark.parametrize("status", [199, 301, 302, 308, 400, 404, 500])
def test_only_a_2xx_is_an_arrival(alice: User, hook: Hook, listening, deliver, status) -> None:
    hook(alice, listening)
    with receiver() as elsewhere:
        listening.respond = answers(status, b"", f"Location: {elsewhere.url}")
        end_a_run(alice)
        deliver()
        assert elsewhere.received == []
    assert only().status == "waiting"


def test_gone_switches_off_at_once(alice: User, hook: Hook, listening, deliver, later) -> None:
    webhook, _ = hook(alice, listening)
    listening.respond = answers(410)
    first = end_a_run(alice)
    deliver()
    webhook.refresh_from_db()
    assert (webhook.enabled, webhook.off_reason) == (False, "gone")
    assert only().data["run_id"] == str(first.pk)
    assert only().status == "failed"


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_receiver_is_left_alone_for_as_long_as_it_asks(
    alice: User, hook: Hook, listening, deliver, later, status
) -> None:
    hook(alice, listening)
    listening.respond = answers(status, b"", "Retry-After: 1800")
    end_a_run(alice)
    deliver()
    end_a_run(alice)
    later(timedelta(minutes=29))
    deliver()
    assert len(listening.received) == 1
    listening.respond = answers(200)
    later(timedelta(minutes=2))
    deliver()
    deliver()
    assert len(set(listening.ids)) == 2
    assert not WebhookDelivery.objects.exclude(status="delivered").exists()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 37),
        ("Sun, 06 Nov 1990 08:49:37 GMT", 0),
        ("99999999999999999999", 6 * HOUR),
        ("9" * 5000, 6 * HOUR),
        ("Sun, 06 Nov 9999 08:49:37 GMT", 6 * HOUR),
        ("-5", 0),
        ("soon", 0),
        ("", 0),
        ("inf", 0),
        ("²", 0),
    ],
)
def test_what_retry_after_asks_for(header: str, seconds: int) -> None:
    assert asked_pause(header, 784111740) == seconds


def test_a_slow_receiver_delays_no_other(alice: User, bob: User, hook: Hook, deliver) -> None:
    with receiver() as slow, receiver() as quick:
        hook(alice, slow)
        hook(bob, quick)
        for _ in range(3 * AT_ONCE):
            end_a_run(alice)
        end_a_run(bob)
        deliver()
        assert (len(slow.received), len(quick.received)) == (AT_ONCE, 1)
        assert slow.most_at_once <= AT_ONCE


def test_a_failing_receiver_is_asked_by_one_message_at_a_time(
    alice: User, hook: Hook, listening, deliver
) -> None:
    webhook, _ = hook(alice, listening)
    Webhook.objects.filter(pk=webhook.pk).update(failing_since=timezone.now())
    for _ in range(3):
        end_a_run(alice)
    deliver()
    assert len(listening.received) == 1
    deliver()
    assert len(listening.received) == 3


def test_what_a_worker_left_unfinished_another_one_sends(
    alice: User, hook: Hook, listening, deliver, later
) -> None:
    hook(alice, listening)
    end_a_run(alice)
    WebhookDelivery.objects.update(
        status="sending", claims=1, due_at=timezone.now() + timedelta(seconds=LEASE_S)
    )
    deliver()
    assert listening.received == []
    later(timedelta(seconds=LEASE_S + 1))
    deliver()
    assert (only().status, only().claims) == ("delivered", 2)


def test_a_replay_has_the_same_id_and_all_attempts(
    alice: User, hook: Hook, listening, deliver, later
) -> None:
    hook(alice, listening)
    end_a_run(alice)
    deliver()
    listening.respond = answers(500)
    replay(delivery=only())
    deliver()
    listening.respond = answers(200)
    later(timedelta(minutes=1))
    deliver()
    assert len(set(listening.ids)) == 1
    assert [one["status"] for one in only().attempts] == [204, 500, 200]
    assert only().status == "delivered"


def test_the_log_of_a_message_has_an_end(alice: User, hook: Hook, listening, deliver) -> None:
    hook(alice, listening)
    end_a_run(alice)
    WebhookDelivery.objects.update(attempts=[{"status": n} for n in range(KEPT_ATTEMPTS)])
    deliver()
    assert len(only().attempts) == KEPT_ATTEMPTS
    assert (only().attempts[0]["status"], only().attempts[-1]["status"]) == (1, 204)


def test_a_test_is_tried_once_and_switches_nothing_off(
    alice: User, hook: Hook, listening, deliver, later
) -> None:
    webhook, secret = hook(alice, listening)
    listening.respond = answers(500)
    send_test(webhook=webhook)
    deliver()
    assert verified(secret, listening)["type"] == "webhook.test"
    webhook.refresh_from_db()
    assert (webhook.enabled, only().status) == (True, "failed")


def test_what_waits_is_sent_once_it_is_switched_on_again(
    alice: User, hook: Hook, listening, deliver
) -> None:
    webhook, _ = hook(alice, listening)
    end_a_run(alice)
    change_webhook(webhook=webhook, enabled=False)
    deliver()
    assert listening.received == []
    change_webhook(webhook=webhook, enabled=True)
    deliver()
    assert len(listening.received) == 1


def test_a_user_who_is_switched_off_is_told_nothing_more(
    alice: User, hook: Hook, listening, deliver
) -> None:
    hook(alice, listening)
    end_a_run(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    deliver()
    assert listening.received == []


def test_what_waits_goes_with_its_webhook_and_its_user(
    alice: User, bob: User, hook: Hook, listening, deliver
) -> None:
    webhook, _ = hook(alice, listening)
    hook(bob, listening)
    end_a_run(alice)
    RunFactory.create(owner=bob)
    send_test(webhook=Webhook.objects.get(owner=bob))
    delete_webhook(webhook=webhook)
    Run.objects.filter(owner=bob).delete()
    bob.delete()
    deliver()
    assert (listening.received, WebhookDelivery.objects.count()) == ([], 0)


def test_a_place_that_staff_close_again_is_not_called(
    alice: User, hook: Hook, listening, deliver
) -> None:
    hook(alice, listening)
    end_a_run(alice)
    InternalReceiver.objects.all().delete()
    deliver()
    assert listening.received == []
    assert "https" in only().attempts[0]["error"]
