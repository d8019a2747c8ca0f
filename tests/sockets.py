"""What a WebSocket of the site answers, in this process."""

from collections.abc import Sequence

from channels.testing import WebsocketCommunicator

WAIT_S = 90
Header = tuple[bytes, bytes]


async def outcome(path: str, headers: Sequence[Header]) -> str:
    """`open` where something is told, else the code with which it is closed."""
    # It caps the time of each statement of this process, also of those that make the databases.
    from agentsite.asgi import websocket

    socket = WebsocketCommunicator(websocket, path, [(b"host", b"testserver"), *headers])
    connected, code = await socket.connect(WAIT_S)
    if not connected:
        return str(code)
    told = await socket.receive_output(WAIT_S)
    await socket.disconnect(timeout=WAIT_S)
    return "open" if told["type"] == "websocket.send" else str(told["code"])
