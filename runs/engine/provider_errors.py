"""What an SDK error means: its code, whether to try again, and whether anything was bought."""

import email.utils
import time
from typing import Any

import httpx2
import openai

from runs.engine.errors import ProviderError

LONGEST_RETRY_AFTER_S = 120.0
RETRYABLE = frozenset({408, 409, 429})
# A gateway gave up on an answer that the provider may still have made.
UNKNOWN = frozenset({502, 504})
NEVER_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.UnsupportedProtocol,
    httpx2.InvalidURL,
)
CODES = {
    400: "bad_request",
    401: "authentication",
    403: "permission",
    404: "not_found",
    408: "timeout",
    429: "rate_limited",
}


def provider_error(error: Exception) -> ProviderError:
    """Classify what the SDK raised while the request was sent."""
    if isinstance(error, openai.APIStatusError):
        return _of_status(error)
    cause = error.__cause__ if isinstance(error, openai.APIConnectionError) else error
    if isinstance(cause, NEVER_SENT):
        return ProviderError(
            "connection", f"No connection: {cause}", bought="nothing", retryable=True
        )
    return broken_stream(cause if isinstance(cause, Exception) else error)


def broken_stream(error: Exception) -> ProviderError:
    """The connection failed after the request was sent."""
    slow = isinstance(error, httpx2.TimeoutException)
    return ProviderError(
        "timeout" if slow else "connection_lost",
        "The provider stopped answering." if slow else f"The connection was lost: {error}",
        bought="unknown",
        retryable=True,
    )


def _of_status(error: openai.APIStatusError) -> ProviderError:
    status = error.status_code
    body = error.body if isinstance(error.body, dict) else {}
    said = str(body.get("code") or body.get("type") or "")
    broke = said == "insufficient_quota"
    code = said if broke else CODES.get(status, "bad_request" if status < 500 else "provider_error")
    return ProviderError(
        code,
        str(body.get("message") or error.message)[:500],
        bought="unknown" if status in UNKNOWN else "nothing",
        retryable=not broke and (status in RETRYABLE or status >= 500),
        status=status,
        retry_after=_retry_after(error.response.headers),
    )


def _retry_after(headers: Any) -> float | None:
    milliseconds, seconds = headers.get("retry-after-ms"), headers.get("retry-after")
    for text, scale in ((milliseconds, 0.001), (seconds, 1.0)):
        try:
            wait_s = float(text) * scale
        except (TypeError, ValueError):
            continue
        if wait_s >= 0:
            return min(wait_s, LONGEST_RETRY_AFTER_S)
    return _until(seconds)


def _until(date: str | None) -> float | None:
    parsed = email.utils.parsedate_tz(date) if date else None
    if parsed is None:
        return None
    return min(max(email.utils.mktime_tz(parsed) - time.time(), 0.0), LONGEST_RETRY_AFTER_S)
