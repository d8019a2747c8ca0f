"""Each event arrives, signed, though workers are killed and Redis is emptied."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db.models.functions import Now
from redis import Redis
from standardwebhooks import Webhook as Verifier

from accounts.models import User
from runs.models import Run, Worker
from runs.webhook_models import DeliveryStatus, InternalReceiver, Webhook, WebhookDelivery
from runs.webhooks.services import create_webhook
from tests.receiver import Receiver, answers, hangs, receiver
from tests.stack import Stack, kill_now, wait_for


@pytest.fixture
def listening() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


@pytest.fixture
def hook(owner: User, listening: Receiver) -> Iterator[tuple[Webhook, str]]:
    """A webhook of the owner at the receiver, and its secret."""
    InternalReceiver.objects.create(origin=listening.origin)
    made = create_webhook(owner=owner, url=listening.url, events=["run.finished"])
    yield made
    made[0].delete()


def arrived(found: Receiver, secret: str) -> list[str]:
    """The runs whose ends arrived, each message checked."""
    payloads = [Verifier(secret).verify(one.body, one.headers) for one in list(found.received)]
    return [payload["data"]["run_id"] for payload in payloads]


def start_workers(stack: Stack, *names: str) -> list[Any]:
    known = Worker.objects.count()
    workers = [stack.start_worker(name) for name in names]
    wait_for(lambda: Worker.objects.count() >= known + len(names))
    return workers


def empty_redis() -> None:
    """Of all that is this site's: other tests have theirs in the same server."""
    with Redis.from_url(settings.REDIS_URL) as redis:
        for key in redis.scan_iter(f"{settings.REDIS_PREFIX}:*"):
            redis.delete(key)


def test_two_workers_send_each_message(
    stack: Stack, no_worker: None, hook: Any, listening: Receiver, submit: Callable[..., Run], ended
) -> None:
    webhook, secret = hook
    start_workers(stack, "first", "second")
    runs = [submit("Say hello") for _ in range(6)]
    for run in runs:
        ended(run)
    wait_for(lambda: webhook.deliveries.filter(status=DeliveryStatus.DELIVERED).count() == 6)
    assert sorted(arrived(listening, secret)) == sorted(str(run.pk) for run in runs)


def test_a_worker_that_is_killed_between_commit_and_sending_loses_nothing(
    stack: Stack, no_worker: None, hook: Any, listening: Receiver, submit: Callable[..., Run], ended
) -> None:
    webhook, secret = hook
    # Until then nobody sends what is written.
    Webhook.objects.filter(pk=webhook.pk).update(paused_until=Now() + timedelta(days=1))
    (first,) = start_workers(stack, "killed")
    run = ended(submit("Say hello"))
    assert webhook.deliveries.get().claims == 0
    kill_now(first)
    empty_redis()
    Webhook.objects.filter(pk=webhook.pk).update(paused_until=None)
    start_workers(stack, "next")
    wait_for(lambda: webhook.deliveries.get().status == DeliveryStatus.DELIVERED)
    assert arrived(listening, secret) == [str(run.pk)]


def test_a_worker_that_is_killed_while_it_sends_loses_nothing(
    stack: Stack, no_worker: None, hook: Any, listening: Receiver, submit: Callable[..., Run], ended
) -> None:
    webhook, secret = hook
    listening.respond = hangs
    (first,) = start_workers(stack, "sending")
    run = ended(submit("Say hello"))
    wait_for(lambda: listening.received)
    kill_now(first)
    listening.respond = answers()
    # Its lease is over.
    WebhookDelivery.objects.filter(webhook=webhook).update(due_at=Now())
    start_workers(stack, "next")
    wait_for(lambda: webhook.deliveries.get().status == DeliveryStatus.DELIVERED)
    assert set(arrived(listening, secret)) == {str(run.pk)}
    assert len(set(listening.ids)) == 1
    assert len(listening.received) >= 2
