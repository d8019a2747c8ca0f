"""A body that doesn't come holds nothing for long."""

import asyncio
from functools import partial

import uvicorn
from uvicorn.server import ServerState

from agentsite.server import protocol
from agentsite.server.protocol import BoundedProtocol


async def read_whole_body(scope, receive, send) -> None:
    """As Django does before it looks at a request."""
    while (await receive()).get("more_body"):
        pass


async def test_a_body_that_never_ends_is_given_up(monkeypatch) -> None:
    monkeypatch.setattr(protocol, "BODY_S", 0.05)
    config = uvicorn.Config(read_whole_body, lifespan="off", log_config=None)
    config.load()
    made = partial(BoundedProtocol, config, ServerState(), {}, take=lambda connection, head: None)
    server = await asyncio.get_running_loop().create_server(made, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
        answer = await reader.read()
        writer.close()
    assert answer.startswith(b"HTTP/1.1 408 ")
