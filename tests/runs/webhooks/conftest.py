"""A receiver, and what a worker does with the messages of this test's transaction."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.db import connection
from django.db.models import F
from psycopg.types.json import set_json_loads

from accounts.models import User
from runs.webhook_models import EventType, InternalReceiver, Webhook, WebhookDelivery
from runs.webhooks.delivering import Delivery
from runs.webhooks.services import create_webhook
from tests.receiver import Receiver, receiver

TIMES: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (WebhookDelivery, ("due_at", "created_at", "queued_at", "delivered_at")),
    (Webhook, ("created_at", "delivered_at", "failing_since", "paused_until", "off_at")),
    (Webhook, ("old_secret_until",)),
)


class InThisTransaction:
    """The worker's door to Postgres, on the connection of the test."""

    def __init__(self) -> None:
        connection.ensure_connection()
        self._connection = connection.connection

    async def fetch(self, statement: str, *params: Any) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            set_json_loads(orjson.loads, cursor)
            cursor.execute(statement, params)
            return list(cursor.fetchall())


@pytest.fixture
def listening() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


@pytest.fixture
def hook() -> Callable[..., tuple[Webhook, str]]:
    """Sets up a webhook of a user at a receiver, which staff have allowed; with its secret."""

    def hook(owner: User, at: Receiver, *events: str) -> tuple[Webhook, str]:
        InternalReceiver.objects.get_or_create(origin=at.origin)
        return create_webhook(owner=owner, url=at.url, events=events or EventType.values)

    return hook


@pytest.fixture
def deliver() -> Callable[[], None]:
    """Sends what is due now, once."""

    async def once(database: InThisTransaction) -> None:
        delivery = Delivery(database)
        try:
            await delivery.begin_due()
            await delivery.wait()
        finally:
            await delivery.close()

    return lambda: asyncio.run(once(InThisTransaction()))


@pytest.fixture
def later() -> Callable[[timedelta], None]:
    """Lets time pass: all that happened is so much longer ago."""

    def later(span: timedelta) -> None:
        for model, names in TIMES:
            model.objects.update(**{name: F(name) - span for name in names})

    return later
