"""Requests to the site: signed, sent again where that is safe, errors as exceptions."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx2

from agentsite.client.errors import ConnectionFailed, UnreadableAnswer, api_error

# Of what comes back by itself; a 409 or 503 does so only where it says when.
TRANSIENT = frozenset({429, 502, 504})
WAITS = frozenset({409, 503})
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0


class Transport:
    """A connection to one site with one token."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout_s: float,
        retries: int,
        connection: httpx2.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url.rstrip("/")
        self.token = token
        self.retries = retries
        self.sleep = sleep
        self._http = httpx2.Client(
            base_url=self.url,
            headers={"Authorization": f"Token {token}", "User-Agent": "agentsite-python"},
            timeout=timeout_s,
            transport=connection,
        )

    def close(self) -> None:
        """End all connections."""
        self._http.close()

    def call(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """The answer; what failed in passing is sent again.

        That is safe for all that the client sends: it reads, or has an idempotency key, or asks
        for what is done once. Raises `ApiError` and `ConnectionFailed`.
        """
        for number in range(self.retries):
            try:
                response = self._http.request(method, path, **options)
            except httpx2.TransportError:
                self.sleep(pause(number))
                continue
            wait = wait_before_again(response, number)
            if wait is None:
                return checked(response)
            self.sleep(wait)
        try:
            return checked(self._http.request(method, path, **options))
        except httpx2.TransportError as error:
            raise self._failed(error) from error

    @contextmanager
    def stream(
        self, path: str, *, headers: Mapping[str, str]
    ) -> Iterator[httpx2.EventSource | None]:
        """The events of a stream; None where there is nothing to come.

        Raises `ApiError`, `ConnectionFailed`.
        """
        accept = {"Accept": "text/event-stream", **headers}
        try:
            with self._http.stream("GET", path, headers=accept) as response:
                if response.is_error:
                    response.read()
                checked(response)
                yield (
                    None
                    if response.status_code == httpx2.codes.NO_CONTENT
                    else (httpx2.EventSource(response))
                )
        except httpx2.TransportError as error:
            raise self._failed(error) from error

    def _failed(self, error: httpx2.TransportError) -> ConnectionFailed:
        return ConnectionFailed(f"{self.url} can't be reached: {error or type(error).__name__}")


def checked(response: httpx2.Response) -> httpx2.Response:
    """The response, if it isn't an error. Raises `ApiError`."""
    if not response.is_error and not response.is_redirect:
        return response
    media_type = response.headers.get("Content-Type", "").partition(";")[0]
    if media_type != "application/problem+json":
        raise UnreadableAnswer(
            f"{response.request.url.host} answered {response.status_code} "
            "as this API never does. Is it the site's address?"
        )
    raise api_error(response.json(), status=response.status_code, retry_after=retry_after(response))


def retry_after(response: httpx2.Response) -> float | None:
    """The seconds of `Retry-After`; None without one."""
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else None


def wait_before_again(response: httpx2.Response, number: int) -> float | None:
    """How long to wait before it is sent again; None where that is of no use."""
    said = retry_after(response)
    if response.status_code in WAITS and said is None:
        return None
    if response.status_code not in TRANSIENT | WAITS:
        return None
    wait = pause(number) if said is None else said
    return wait if wait <= LONGEST_PAUSE_S else None


def pause(number: int) -> float:
    """A growing pause, of which clients that failed together have different ones."""
    longest: float = min(FIRST_PAUSE_S * 2**number, LONGEST_PAUSE_S)
    return longest * random.uniform(0.5, 1)  # noqa: S311
