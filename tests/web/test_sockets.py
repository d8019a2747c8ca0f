"""WebSockets whose client goes away while it is written to."""

from typing import Any

from autobahn.exception import Disconnected

from web.sockets import closed_without_database


async def test_an_application_hears_of_a_client_that_is_gone_by_its_own_way() -> None:
    heard: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.send", "text": "too late"})
        heard.append(await receive())

    async def receive() -> Any:
        return {"type": "websocket.disconnect"}

    async def send(message: Any) -> None:
        raise Disconnected("as daphne does")

    await closed_without_database(application)({}, receive, send)

    assert heard == [{"type": "websocket.disconnect"}]
