"""A worker's part in sending messages: it takes those that are due, and sends them side by side."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from django.conf import settings

from runs.engine.tools.web.places import Place
from runs.sealing import WEBHOOK_SECRETS
from runs.webhook_models import Format
from runs.webhooks.outbox import Database, Message, claim, record
from runs.webhooks.payload import body_of, payload_of
from runs.webhooks.sending import Attempt, Sender
from runs.webhooks.signing import signed_headers
from runs.webhooks.slack import slack_body
from web.sealing import Unreadable

LOOK_S = 1.0
# Ends that come together are one look.
TOGETHER_S = 0.05
CAPACITY = 100
UNREADABLE = {
    Format.STANDARD: "Its secret can't be read any more: rotate it.",
    Format.SLACK: "Its address can't be read any more: enter it again.",
}

logger = logging.getLogger(__name__)


async def keep_delivering(database: Database, ending: asyncio.Event) -> None:
    """Send what is due until the worker ends; what is under way then may end first."""
    delivery = Delivery(database)
    try:
        while not ending.is_set():
            try:
                await delivery.begin_due()
            except Exception:  # whatever it is, the next look may find better
                logger.exception("webhooks can't be sent; trying again")
            await delivery.pause(ending)
        await delivery.wait()
    finally:
        await delivery.close()


class Delivery:
    """The messages that this process sends just now."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sender = Sender()
        self._under_way: set[asyncio.Task[None]] = set()

    async def begin_due(self) -> None:
        """Take what is due, and begin to send it."""
        free = CAPACITY - len(self._under_way)
        for message in await claim(self._database, free) if free else ():
            self._under_way.add(asyncio.create_task(self._deliver(message)))

    async def pause(self, ending: asyncio.Event) -> None:
        """Until a message has ended, which makes room for the next one, or it is time to look."""
        ended = asyncio.create_task(ending.wait())
        waited = {ended, *self._under_way}
        await asyncio.wait(waited, timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        self._under_way = {task for task in self._under_way if not task.done()}
        await asyncio.sleep(TOGETHER_S)

    async def wait(self) -> None:
        """Until nothing is under way."""
        if self._under_way:
            await asyncio.wait(self._under_way)

    async def close(self) -> None:
        """Cut what is under way: its lease ends, and another worker sends it again."""
        for task in self._under_way:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._sender.close()

    async def _deliver(self, message: Message) -> None:
        try:
            attempt = await self._attempt(message)
            off_reason = await record(self._database, message, attempt)
        except Exception:
            logger.exception("message not sent", extra={"delivery": str(message.id)})
            return
        if off_reason:
            logger.info("webhook off", extra={"delivery": str(message.id), "reason": off_reason})

    async def _attempt(self, message: Message) -> Attempt:
        try:
            secrets = [
                WEBHOOK_SECRETS.unseal(kept)
                for kept in (message.secret, message.old_secret)
                if kept
            ]
        except Unreadable:
            return Attempt(None, "", UNREADABLE[Format(message.format)], 0.0, 0)
        letter = _letter(message, secrets)
        place = Place(letter.url, message.internal, settings.TOOL_CLOSED_NAMES)
        return await self._sender.send(place, letter.body, letter.headers)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as its receiver understands it."""

    url: str
    body: bytes
    headers: Mapping[str, str]


def _letter(message: Message, secrets: Sequence[str]) -> Letter:
    """Signed with each of the secrets; Slack's only secret is its address."""
    if message.format == Format.SLACK:
        body = slack_body(payload_of(message.type, message.created_at, message.data))
        return Letter(secrets[0], body, {})
    body = body_of(message.type, message.created_at, message.data)
    headers = signed_headers(
        message_id=str(message.id), timestamp=message.claimed_at, body=body, signing=secrets
    )
    return Letter(message.url, body, headers)
