"""What an SDK error means: its code, whether to try again, and whether anything was bought."""

import email.utils
import logging
import re
import time
from typing import Any

import httpx2
import openai

from runs.engine.errors import ProviderError
from runs.engine.provider import failures
from runs.engine.provider.failures import Failure

MAX_RETRY_AFTER_S = 120.0
# A gateway gave up on an answer that the provider may still have made. All other statuses mean
# that nothing was bought.
GATEWAY = frozenset({502, 504, 520, 524})
NEVER_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.UnsupportedProtocol,
    httpx2.InvalidURL,
)
BY_STATUS = {
    401: failures.AUTHENTICATION,
    403: failures.PERMISSION,
    404: failures.NOT_FOUND,
    408: failures.TIMEOUT,
    409: failures.PROVIDER_ERROR,  # two requests got in each other's way: another attempt may do
    429: failures.RATE_LIMITED,
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
        return failures.CONNECTION.error()
    return broken_stream(cause if isinstance(cause, Exception) else error)


def broken_stream(error: Exception) -> ProviderError:
    """The connection failed after the request was sent."""
    slow = isinstance(error, httpx2.TimeoutException)
    logger.warning("the provider's answer broke off: %s", error)
    return (failures.TIMEOUT if slow else failures.CONNECTION_LOST).error()


def not_a_stream(content_type: str, start: bytes) -> ProviderError:
    """Something else answered, or another way than asked: a portal's page, a whole JSON body."""
    words = redacted(start[:MAX_WORDS].decode(errors="replace"))
    logger.warning("the provider answered with %s, not with events: %s", content_type, words)
    named = content_type.partition(";")[0].strip()[:MAX_TYPE] or "no content type"
    return failures.NOT_A_STREAM.error(
        f"The provider's address answers with {named}, not with an event stream."
    )


def _of_status(error: openai.APIStatusError) -> ProviderError:
    status = error.status_code
    body = error.body if isinstance(error.body, dict) else {}
    said = str(body.get("code") or body.get("type") or "")
    words = redacted(str(body.get("message") or error.message))
    logger.warning("the provider answered %s: %s", status, words)
    failed = _failure(status, said).error(
        words if status in QUOTED else "",
        bought="unknown" if status in GATEWAY else "nothing",
        status=status,
        retry_after=_retry_after(error.response.headers),
    )
    failed.words = LOOKS_SECRET.sub("[redacted]", error.message)
    return failed


def _failure(status: int, said: str) -> Failure:
    if said == failures.INSUFFICIENT_QUOTA.code:
        return failures.INSUFFICIENT_QUOTA
    rest = failures.BAD_REQUEST if status < 500 else failures.PROVIDER_ERROR
    return BY_STATUS.get(status, rest)


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
