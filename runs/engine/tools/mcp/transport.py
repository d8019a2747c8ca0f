"""HTTP to one MCP server: its origin alone, at a checked address, within a size."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx2
import orjson

from runs.engine.tls import trusted
from runs.engine.tools.mcp.server import Server
from runs.engine.tools.web.places import pinned

# Of one answer, a stream of events included.
MAX_BYTES = 256 * 1024
TIMEOUT_S = 30.0
CONNECT_S = 10.0
END_S = 0.05
TOO_LARGE = -32001
WRONG_ID = -32002


def http_client(server: Server, most_bytes: int = MAX_BYTES) -> httpx2.AsyncClient:
    """A client for this server, without proxies, cookies or compressed answers."""
    headers = {"User-Agent": "agentsite", "Accept-Encoding": "identity"}
    if server.token:
        headers["Authorization"] = f"Bearer {server.token}"
    return httpx2.AsyncClient(
        transport=GuardedTransport(server, most_bytes),
        headers=headers,
        timeout=httpx2.Timeout(TIMEOUT_S, connect=CONNECT_S),
        trust_env=False,
    )


class GuardedTransport(httpx2.AsyncBaseTransport):
    """Resolves the host once a request, checks all its addresses, and connects to one of them.

    The name that the certificate is for, and `Host`, stay those of the URL.
    """

    def __init__(self, server: Server, most_bytes: int) -> None:
        self._server = server
        self._origin = _origin(httpx2.URL(server.url))
        self._most_bytes = most_bytes
        self._inner = httpx2.AsyncHTTPTransport(verify=trusted(), trust_env=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request, and read a whole answer, or one of events while it is read."""
        if request.method == "GET" and "last-event-id" not in request.headers:
            # The stream for what a server asks of its client, which is nothing here.
            return httpx2.Response(405, request=request)
        answer = await self._inner.handle_async_request(await self._checked(request))
        if answer.headers.get("content-encoding", "identity") != "identity":
            await answer.aclose()
            raise httpx2.DecodingError("The answer is compressed.", request=request)
        stream = _Bounded(answer, self._most_bytes)
        kind = answer.headers.get("content-type", "").lower()
        if kind.startswith("application/json"):
            return await _whole(request, answer, stream)
        return httpx2.Response(answer.status_code, headers=answer.headers, stream=stream)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._inner.aclose()

    async def _checked(self, request: httpx2.Request) -> httpx2.Request:
        if _origin(request.url) != self._origin:
            raise httpx2.ConnectError("Another server is never asked.", request=request)
        return await pinned(self._server.place, request)


class _Bounded(httpx2.AsyncByteStream):
    """What a server sends, up to the limit. Raises `httpx2.ReadError` beyond."""

    def __init__(self, answer: httpx2.Response, most_bytes: int) -> None:
        self._answer = answer
        self._pieces = answer.aiter_raw()
        self._bytes_left = most_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._pieces:
            self._bytes_left -= len(piece)
            if self._bytes_left < 0:
                raise httpx2.ReadError("The answer is too long.")
            yield piece

    async def aclose(self) -> None:
        """Close it. Events that end soon are read to their end, so that the connection is kept."""
        if self._bytes_left >= 0:
            with suppress(TimeoutError, httpx2.HTTPError):
                async with asyncio.timeout(END_S):
                    async for _ in self:
                        pass
        await self._answer.aclose()


async def _whole(
    request: httpx2.Request, answer: httpx2.Response, stream: _Bounded
) -> httpx2.Response:
    """An answer of one message; the error that stands for it where it can't be taken."""
    try:
        body = b"".join([piece async for piece in stream])
    except httpx2.ReadError as error:
        return _refused(request, TOO_LARGE, str(error))
    finally:
        await answer.aclose()
    asked, answered = _id(request.content), _id(body)
    if asked is not None and answered is not None and asked != answered:
        return _refused(request, WRONG_ID, "The server answered another request.")
    return httpx2.Response(answer.status_code, headers=_kept(answer), content=body)


def _refused(request: httpx2.Request, code: int, message: str) -> httpx2.Response:
    error = {"code": code, "message": message}
    body = orjson.dumps({"jsonrpc": "2.0", "id": _id(request.content), "error": error})
    return httpx2.Response(200, headers={"Content-Type": "application/json"}, content=body)


def _kept(answer: httpx2.Response) -> dict[str, str]:
    left_out = ("content-length", "transfer-encoding")
    return {name: value for name, value in answer.headers.items() if name not in left_out}


def _id(message: bytes) -> int | str | None:
    """The id of a message, as far as it has one."""
    try:
        found = orjson.loads(message)
    except orjson.JSONDecodeError:
        return None
    return found.get("id") if isinstance(found, dict) else None


def _origin(url: httpx2.URL) -> tuple[str, bytes, int | None]:
    return url.scheme, url.raw_host, url.port
