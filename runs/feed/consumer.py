"""A WebSocket of someone who watches: who it is first, then what there is to see."""

import asyncio
import json
import logging
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import Any, ClassVar
from urllib.parse import parse_qs

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from accounts.models import Scope
from accounts.socket_auth import Reader, reader_of_header, reader_of_key, reader_of_session
from runs.feed.places import TooManyConnections, place
from runs.feed.process import watched
from runs.feed.viewers import Viewer
from web.ending import ending
from web.hosts import is_page_of
from web.measures import WEBSOCKETS

FAILED = 4500
UNREADABLE = 4400
NOT_SIGNED_IN = 4401
FORBIDDEN = 4403
NOT_FOUND = 4404
GONE = 4410
TOO_MANY = 4429
SIGN_IN_S = 10.0
MAX_MESSAGE = 1000

logger = logging.getLogger(__name__)


class Refused(Exception):
    """What is asked for is not for this reader; `code` closes the socket."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class WatchingConsumer(AsyncWebsocketConsumer, ABC):  # type: ignore[misc]
    """One viewer. A browser's session is only taken from our own pages."""

    kind: ClassVar[str]
    scope_needed: ClassVar[Scope]

    @abstractmethod
    async def viewer(self, reader: Reader) -> AbstractContextManager[Viewer]:
        """What this reader is shown. Raises `Refused`."""

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Without Channels' look after the database, which would take a thread for each viewer."""
        await getattr(self, get_handler_name(message))(message)

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        """The end, without that look either."""
        await self.disconnect(message["code"])
        raise StopConsumer

    async def connect(self) -> None:
        """Accept, then find out who it is: only then does a client see why it is refused."""
        self._let_in = False
        self._task: asyncio.Task[None] | None = None
        await self.accept()
        headers = dict(self.scope["headers"])
        reads = watched().reads
        if b"authorization" in headers:
            value = headers[b"authorization"].decode("latin-1")
            await self._admit(await reads.read(reader_of_header, value, self.scope_needed))
            return
        session = self.scope["cookies"].get(settings.SESSION_COOKIE_NAME)
        reader = await reads.read(reader_of_session, session) if session else None
        if reader is None:
            self._task = asyncio.create_task(self._close_unless_signed_in())
        elif _same_origin(headers):
            await self._admit(reader)
        else:
            await self.close(FORBIDDEN)

    async def receive(self, text_data: str | None = None, **_: Any) -> None:
        """The only message a client sends: its token, when nothing else said who it is."""
        try:
            key = _token_in(text_data)
        except (ValueError, RecursionError):
            await self.close(UNREADABLE)
            return
        if not self._let_in:
            await self._admit(await watched().reads.read(reader_of_key, key, self.scope_needed))

    async def disconnect(self, code: int) -> None:
        """Stop sending."""
        if self._task is not None:
            self._task.cancel()

    def asked(self, name: str) -> str:
        """The first value of a parameter of the address, empty without one."""
        query: str = self.scope["query_string"].decode("latin-1")
        return parse_qs(query).get(name, [""])[0]

    async def _admit(self, reader: Reader | None) -> None:
        if reader is None:
            await self.close(NOT_SIGNED_IN)
            return
        try:
            viewer = await self.viewer(reader)
        except Refused as refused:
            await self.close(refused.code)
            return
        self._let_in = True
        if self._task is not None:
            self._task.cancel()
        self._task = asyncio.create_task(self._show(viewer, reader.user.pk))

    async def _show(self, shown: AbstractContextManager[Viewer], user_id: int) -> None:
        code = NOT_SIGNED_IN
        try:
            with place(user_id), WEBSOCKETS.labels(self.kind).track_inprogress(), shown as viewer:
                while messages := await viewer.next():
                    for message in messages:
                        await self.send(message.json)
        except TooManyConnections:
            code = TOO_MANY
        except Exception:
            logger.exception("a viewer can't be shown what it watches")
            code = FAILED
        # A server that ends closes all of its sockets itself.
        if not ending().begun:
            await self.close(code)

    async def _close_unless_signed_in(self) -> None:
        await asyncio.sleep(SIGN_IN_S)
        await self.close(NOT_SIGNED_IN)


def _token_in(text: str | None) -> str:
    """The key in a client's message, empty without one. Raises `ValueError`."""
    if text is None or len(text) > MAX_MESSAGE:
        raise ValueError("binary or too long")
    content = json.loads(text)
    key = content.get("token") if isinstance(content, dict) else None
    if isinstance(key, str) and not key.isascii():
        raise ValueError("no key has such characters")
    return key if isinstance(key, str) else ""


def _same_origin(headers: dict[bytes, bytes]) -> bool:
    """A page of another site may not use a reader's session; a client without Origin is no page."""
    origin = headers.get(b"origin")
    if origin is None:
        return True
    host = headers.get(b"host", b"").decode("latin-1")
    return is_page_of(origin.decode("latin-1"), host)
