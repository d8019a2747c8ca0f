"""One attempt: a POST to a checked address, within ten seconds, of whose answer little is read."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpx2

from runs.engine.tls import trusted
from runs.engine.tools.web.places import Place, pinned
from runs.webhooks.schedule import asked_pause

TIMEOUT_S = 10.0
MAX_ANSWER_BYTES = 1024
# A receiver that sends these may say when it wants to be asked again.
BUSY = (429, 503)
GONE = 410
HEADERS = {
    "User-Agent": "agentsite-webhooks/1",
    "Content-Type": "application/json",
    "Accept-Encoding": "identity",
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of it. `status` is None where there was no answer, and `error` says why."""

    status: int | None
    body: str
    error: str
    asked_s: float
    duration_ms: int

    @property
    def delivered(self) -> bool:
        """Only a 2xx counts."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """The receiver wants nothing more, ever."""
        return self.status == GONE


class PinnedTransport(httpx2.AsyncBaseTransport):
    """Connects to the address that was checked, anew for each request.

    A connection that is kept would be shared by all names at its address.
    """

    def __init__(self, place: Place, inner: httpx2.AsyncBaseTransport) -> None:
        self._place = place
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send it. Raises `httpx2.ConnectError` where nothing may be sent."""
        return await self._inner.handle_async_request(await pinned(self._place, request))


class Sender:
    """Sends messages."""

    def __init__(self) -> None:
        self._inner = httpx2.AsyncHTTPTransport(
            verify=trusted(),
            trust_env=False,
            limits=httpx2.Limits(max_keepalive_connections=0),
        )

    async def close(self) -> None:
        """Close what is open."""
        await self._inner.aclose()

    async def send(self, place: Place, body: bytes, headers: Mapping[str, str]) -> Attempt:
        """Post a message. What goes wrong is in the answer."""
        began = time.monotonic()
        status, text, error, asked_s = None, "", "", 0.0
        try:
            async with asyncio.timeout(TIMEOUT_S):
                status, text, asked_s = await self._post(place, body, headers)
        except TimeoutError:
            error = f"No whole answer within {TIMEOUT_S:.0f} seconds."
        except httpx2.ConnectError as failed:
            error = _words(failed)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError):
            error = "The answer can't be read."
        took_ms = int((time.monotonic() - began) * 1000)
        return Attempt(status, text, error, asked_s, took_ms)

    async def _post(
        self, place: Place, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, str, float]:
        request = httpx2.Request("POST", place.url, headers={**HEADERS, **headers}, content=body)
        answer = await PinnedTransport(place, self._inner).handle_async_request(request)
        try:
            return answer.status_code, await _beginning(answer), _asked(answer)
        finally:
            await answer.aclose()


async def _beginning(answer: httpx2.Response) -> str:
    """The first bytes of an answer as text that a log can keep."""
    found = b""
    async for piece in answer.aiter_raw():
        found += piece[: MAX_ANSWER_BYTES - len(found)]
        if len(found) >= MAX_ANSWER_BYTES:
            break
    return found.decode("utf-8", "replace").replace("\0", "")


def _asked(answer: httpx2.Response) -> float:
    if answer.status_code not in BUSY:
        return 0.0
    return asked_pause(answer.headers.get("retry-after", ""), time.time())


def _words(failed: httpx2.ConnectError) -> str:
    """Why there was no connection: ours where we refused it, else in general."""
    text = str(failed)
    return text if text.endswith(".") else "It can’t be reached."
