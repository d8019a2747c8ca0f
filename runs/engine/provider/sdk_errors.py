"""What an SDK error means: its code, whether to try again, and whether anything was bought."""

import email.utils
import logging
import re
import time
from typing import Any

import httpx2
import openai

from runs.engine.errors import ProviderError

MAX_RETRY_AFTER_S = 120.0
RETRYABLE = frozenset({408, 409, 429})
# A gateway gave up on an answer that the provider may still have made.
UNKNOWN = frozenset({502, 504, 520, 524})
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
# What readers are told. The provider's own words may name the account, so they go to the log.
SENTENCES = {
    "authentication": "The provider refused this site's key.",
    "permission": "The provider doesn't let this site's key do this.",
    "timeout": "The provider gave up on the call.",
    "rate_limited": "The provider takes no more calls just now.",
    "insufficient_quota": "This site's account with the provider has no credit left.",
    "bad_request": "The provider refused the request.",
    "provider_error": "The provider failed.",
}
# Here they say what to change in the request: a name, a parameter, a length.
QUOTED = frozenset({400, 404, 422})
LOOKS_SECRET = re.compile(r"\b(?:sk|pk|org|proj|key)[-_][\w*.-]{4,}", re.IGNORECASE)
MAX_WORDS = 500
MAX_TYPE = 100

logger = logging.getLogger(__name__)


def redacted(words: str) -> str:
    """A provider's words without what looks like a key or an account."""
    return LOOKS_SECRET.sub("[redacted]", words)[:MAX_WORDS]


def provider_error(error: Exception) -> ProviderError:
    """Classify what the SDK raised while the request was sent."""
    if isinstance(error, openai.APIStatusError):
        return _of_status(error)
    cause = error.__cause__ if isinstance(error, openai.APIConnectionError) else error
    if isinstance(cause, NEVER_SENT):
        logger.warning("no connection to the provider: %s", cause)
        return ProviderError(
            "connection", "The provider can't be reached.", bought="nothing", retryable=True
        )
    return broken_stream(cause if isinstance(cause, Exception) else error)


def broken_stream(error: Exception) -> ProviderError:
    """The connection failed after the request was sent."""
    slow = isinstance(error, httpx2.TimeoutException)
    logger.warning("the provider's answer broke off: %s", error)
    return ProviderError(
        "timeout" if slow else "connection_lost",
        "The provider stopped answering." if slow else "The provider's answer broke off.",
        bought="unknown",
        retryable=True,
    )


def not_a_stream(content_type: str, start: bytes) -> ProviderError:
    """Something else answered, or another way than asked: a portal's page, a whole JSON body.

    Trying again doesn't help. A body that isn't streamed may be an answer that was paid for.
    """
    words = redacted(start[:MAX_WORDS].decode(errors="replace"))
    logger.warning("the provider answered with %s, not with events: %s", content_type, words)
    named = content_type.partition(";")[0].strip()[:MAX_TYPE] or "no content type"
    return ProviderError(
        "not_a_stream",
        f"The provider's address answers with {named}, not with an event stream.",
        bought="unknown",
        retryable=False,
    )


def _of_status(error: openai.APIStatusError) -> ProviderError:
    status = error.status_code
    body = error.body if isinstance(error.body, dict) else {}
    said = str(body.get("code") or body.get("type") or "")
    broke = said == "insufficient_quota"
    code = said if broke else CODES.get(status, "bad_request" if status < 500 else "provider_error")
    words = redacted(str(body.get("message") or error.message))
    logger.warning("the provider answered %s: %s", status, words)
    return ProviderError(
        code,
        words if status in QUOTED else SENTENCES[code],
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
            return min(wait_s, MAX_RETRY_AFTER_S)
    return _until(seconds)


def _until(date: str | None) -> float | None:
    parsed = email.utils.parsedate_tz(date) if date else None
    if parsed is None:
        return None
    return min(max(email.utils.mktime_tz(parsed) - time.time(), 0.0), MAX_RETRY_AFTER_S)
