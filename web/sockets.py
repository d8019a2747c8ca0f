"""WebSockets while the database is away, or the client: an end in good order."""

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from autobahn.exception import Disconnected

from web.outages import MAYBE_OUTAGE, is_outage

# RFC 6455's 1013 means this, but the server lets applications send private codes only.
TRY_AGAIN = 4503

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

logger = logging.getLogger(__name__)


def closed_without_database(application: Application) -> Application:
    """Close with `TRY_AGAIN` where the application fails for want of its database."""

    async def guarded(scope: Message, receive: Receive, send: Send) -> None:
        accepted = False

        async def noting_send(message: Message) -> None:
            nonlocal accepted
            accepted = accepted or message["type"] == "websocket.accept"
            # The application reads next that the client is gone, and ends in good order.
            with suppress(Disconnected):
                await send(message)

        try:
            await application(scope, receive, noting_send)
        except MAYBE_OUTAGE as error:
            if not is_outage(error):
                raise
            logger.warning("a WebSocket can't reach its database: %s", error)
            if not accepted:
                await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": TRY_AGAIN})

    return guarded
