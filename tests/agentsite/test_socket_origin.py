"""A browser sends its cookies along with any site's WebSocket: so the site looks at the origin."""

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings

from accounts.models import User
from tests.permissions.world import signed_in

WAIT_S = 90


async def outcome(session: str, origin: str) -> str:
    """`open` where something is told, else the code with which it is closed."""
    # It caps the time of each statement of this process, also of those that make the databases.
    from agentsite.asgi import websocket

    cookie = f"{settings.SESSION_COOKIE_NAME}={session}".encode()
    headers = [(b"host", b"testserver"), (b"cookie", cookie), (b"origin", origin.encode())]
    socket = WebsocketCommunicator(websocket, "/ws/usage/", headers)
    connected, code = await socket.connect(WAIT_S)
    if not connected:
        return str(code)
    told = await socket.receive_output(WAIT_S)
    await socket.disconnect(timeout=WAIT_S)
    return "open" if told["type"] == "websocket.send" else str(told["code"])


@pytest.mark.django_db(transaction=True)
async def test_another_sites_page_opens_no_socket_with_its_visitors_session(alice: User) -> None:
    session = (await sync_to_async(signed_in)(alice)).session

    assert await outcome(session, "http://testserver") == "open"
    for origin in ("https://evil.example", "http://testserver.evil.example", "null"):
        assert await outcome(session, origin) != "open", origin
