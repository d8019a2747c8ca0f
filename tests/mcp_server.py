"""A real MCP server of this machine, which speaks both versions of the protocol, or only 2025's."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from mcp_types import CallToolResult, ImageContent, TextContent, ToolAnnotations
from pydantic import BaseModel

MODERN = "2026-07-28"
LEGACY = "2025-11-25"


@dataclass
class Site:
    """Where a server is, and what it was asked: the method, the name, and the headers."""

    url: str = ""
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    connections: set[tuple[str, int]] = field(default_factory=set)
    hanging: threading.Event = field(default_factory=threading.Event)
    cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def methods(self) -> list[str]:
        return [method for method, _, _ in self.asked]


class Weather(BaseModel):
    city: str
    degrees: float


def tools_of(site: Site) -> MCPServer:
    server = MCPServer("weather")

    @server.tool(title="Add numbers", annotations=ToolAnnotations(read_only_hint=True))
    def add(a: int, b: int) -> int:
        """Adds two numbers."""
        return a + b

    @server.tool(annotations=ToolAnnotations(read_only_hint=True))
    def weather(city: str) -> Weather:
        """The weather of a city."""
        return Weather(city=city, degrees=21.5)

    @server.tool(annotations=ToolAnnotations(destructive_hint=True))
    def forget(what: str) -> str:
        """Deletes something."""
        return f"{what} is gone."

    @server.tool()
    def fail() -> str:
        """Always fails."""
        raise ValueError("no such city")

    @server.tool(structured_output=False)
    def picture() -> CallToolResult:
        """A picture beside a text."""
        image = ImageContent(type="image", data="aGVsbG8=", mime_type="image/png")
        return CallToolResult(content=[TextContent(type="text", text="A cat."), image])

    @server.tool()
    async def hang() -> str:
        """Never answers."""
        site.hanging.set()
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            site.cancelled.set()
            raise
        return "late"

    @server.tool()
    async def ask(context: Context) -> str:
        """Asks its user something."""
        answer = await context.elicit("Your name?", Name)
        return str(answer)

    return server


class Name(BaseModel):
    name: str


@contextmanager
def mcp_server(*, legacy: bool = False, server: MCPServer | None = None) -> Iterator[Site]:
    """Serves the tools on a free port until the end."""
    site = Site()
    app = (server or tools_of(site)).streamable_http_app(host="127.0.0.1")
    config = uvicorn.Config(
        _recording(app, site, legacy), port=0, log_level="critical", timeout_graceful_shutdown=1
    )
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    port = running.servers[0].sockets[0].getsockname()[1]
    site.url = f"http://127.0.0.1:{port}/mcp"
    try:
        yield site
    finally:
        running.should_exit = True
        thread.join(5)


def _recording(app: Any, site: Site, legacy: bool) -> Any:
    async def recorded(scope: Any, receive: Any, send: Any) -> Any:
        if scope["type"] != "http":
            return await app(scope, receive, send)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        body, messages = b"", []
        while scope["method"] == "POST":
            messages.append(await receive())
            body += messages[-1].get("body", b"")
            if not messages[-1].get("more_body"):
                break
        message = json.loads(body) if body else {}
        name = (message.get("params") or {}).get("name", "")
        site.asked.append((message.get("method", scope["method"]), name, headers))
        site.bodies.append(message)
        site.connections.add(scope["client"])
        if legacy and headers.get("mcp-protocol-version") == MODERN:
            return await _refuse(message, send)

        async def replay() -> Any:
            return messages.pop(0) if messages else await receive()

        return await app(scope, replay, send)

    return recorded


async def _refuse(message: Any, send: Any) -> None:
    data = {"supported": [LEGACY], "requested": MODERN}
    error = {"code": -32022, "message": "Unsupported protocol version", "data": data}
    body = json.dumps({"jsonrpc": "2.0", "id": message.get("id"), "error": error}).encode()
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": body})
