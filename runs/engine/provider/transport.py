"""httpx2 over aiohttp, with coalesced reads: the kernel gathers a stream's small chunks for us.

An answer of 200 chunks costs a tenth of the CPU that waking up for each chunk would. The pauses
between the reads grow with the answer, so that a short one, or one that comes whole, isn't kept
waiting.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import aiohttp
import httpx2
from yarl import URL

from runs.engine.tls import trusted

COALESCE_S = 0.05
# The first pause; each is so many times longer than the one before, up to `coalesce_s`.
FIRST_PAUSE_S = 0.001
LONGER = 4
MAX_REDIRECTS = 3
REDIRECTS = frozenset({301, 302, 307, 308})
KEEP_ALIVE_S = 15.0
LAST_BYTES_S = 0.02

# In this order: the first class that fits wins. A connect error means that nothing was sent.
ERRORS: tuple[tuple[type[Exception], type[httpx2.TransportError]], ...] = (
    (aiohttp.ConnectionTimeoutError, httpx2.ConnectTimeout),
    (aiohttp.ServerTimeoutError, httpx2.ReadTimeout),
    (aiohttp.ClientConnectorError, httpx2.ConnectError),
    (aiohttp.InvalidURL, httpx2.UnsupportedProtocol),
    (aiohttp.ServerDisconnectedError, httpx2.RemoteProtocolError),
    (aiohttp.ClientPayloadError, httpx2.RemoteProtocolError),
    (aiohttp.ClientError, httpx2.ReadError),
    (OSError, httpx2.ReadError),
)


@contextmanager
def usual_errors() -> Iterator[None]:
    """Turn aiohttp's errors into those that an httpx2 client expects."""
    try:
        yield
    except (aiohttp.ClientError, OSError) as error:
        for theirs, ours in ERRORS:
            if isinstance(error, theirs):
                raise ours(str(error) or type(error).__name__) from error
        raise


def _same_host(url: URL, answer: aiohttp.ClientResponse) -> URL | None:
    """Where an answer redirects to, if the key may go there: the same host, and never in clear."""
    location = answer.headers.get("Location")
    if answer.status not in REDIRECTS or not location:
        return None
    try:
        target = url.join(URL(location))
    except ValueError:
        return None
    safe = target.scheme == url.scheme or target.scheme == "https"
    same = target.host == url.host and (target.port == url.port or target.scheme != url.scheme)
    return target if safe and same else None


class CoalescedBody(httpx2.AsyncByteStream):
    """A response's bytes: the first at once, then reads that are `coalesce_s` apart at most."""

    def __init__(self, answer: aiohttp.ClientResponse, coalesce_s: float) -> None:
        self._answer = answer
        self._coalesce_s = coalesce_s

    async def __aiter__(self) -> AsyncIterator[bytes]:
        content = self._answer.content
        pause_s = min(FIRST_PAUSE_S, self._coalesce_s)
        with usual_errors():
            while data := await content.readany():
                self._reading(on=False)
                yield data
                if not content.is_eof():
                    await asyncio.sleep(pause_s)
                    pause_s = min(LONGER * pause_s, self._coalesce_s)
                self._reading(on=True)

    async def finish(self) -> None:
        """Take the end of a complete answer, so that the connection can be used again."""
        self._reading(on=True)
        try:
            await asyncio.wait_for(self._answer.content.wait_eof(), LAST_BYTES_S)
        except (TimeoutError, aiohttp.ClientError, OSError):
            return

    async def aclose(self) -> None:
        """Drop the connection, unless the answer was read to its end."""
        self._answer.close()

    def _reading(self, *, on: bool) -> None:
        connection = self._answer.connection
        transport = connection.transport if connection else None
        if transport is not None and not transport.is_closing():
            (transport.resume_reading if on else transport.pause_reading)()


class CoalescingTransport(httpx2.AsyncBaseTransport):
    """Sends requests through one aiohttp session, which belongs to the loop of its first use."""

    def __init__(self, *, coalesce_s: float = COALESCE_S) -> None:
        self._coalesce_s = coalesce_s
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send; return once the headers are there. The body is in `extensions["body"]` too."""
        url = URL(str(request.url), encoded=True)
        with usual_errors():
            answer = await self._send(request, url)
            for _ in range(MAX_REDIRECTS):
                if (target := _same_host(url, answer)) is None:
                    break
                answer.close()
                url = target
                answer = await self._send(request, url)
        body = CoalescedBody(answer, self._coalesce_s)
        return httpx2.Response(
            answer.status,
            # The body is decoded here.
            headers=[pair for pair in answer.raw_headers if pair[0].lower() != b"content-encoding"],
            stream=body,
            extensions={"body": body},
        )

    async def _send(self, request: httpx2.Request, url: URL) -> aiohttp.ClientResponse:
        limits = request.extensions.get("timeout", {})
        return await self._opened().request(
            request.method,
            url,
            headers=request.headers.multi_items(),
            data=await request.aread(),
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=limits.get("connect"), sock_read=limits.get("read")
            ),
        )

    async def aclose(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=0,
                    keepalive_timeout=KEEP_ALIVE_S,
                    ssl=trusted(),
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                skip_auto_headers=("User-Agent", "Accept-Encoding", "Accept"),
            )
        return self._session
