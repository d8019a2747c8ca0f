"""What went wrong with a call: what the SDK, the connection or the answer itself said."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import openai

from runs.engine.errors import ProviderError
from runs.engine.provider import failures
from runs.engine.provider.classify import failure_of, status_within
from runs.engine.provider.failures import Failure
from runs.engine.provider.waits import MAX_RETRY_AFTER_S, retry_after_s
from runs.engine.provider.words import Words, redacted, words_of

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
MAX_TYPE = 100
MAX_START = 2_000
MAX_BODY = 4_000

logger = logging.getLogger(__name__)


def provider_error(error: Exception, secret: str) -> ProviderError:
    """Classify what the SDK raised while the request was sent; `secret` is never told."""
    if isinstance(error, openai.APIStatusError):
        return _of_status(error, secret)
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
    """Something else answered: a portal's page, a proxy."""
    words = redacted(words_of(start[:MAX_START]).message)
    logger.warning("the provider answered with %s, not with events: %s", content_type, words)
    named = content_type.partition(";")[0].strip()[:MAX_TYPE] or "no content type"
    return failures.NOT_A_STREAM.error(
        f"The provider's address answers with {named}, not with an event stream."
    )


def within_answer(body: Any, secret: str) -> ProviderError:
    """The provider said in its answer that it failed."""
    words = words_of(body)
    logger.warning("the provider failed within an answer: %s", redacted(words.all, [secret]))
    whole = f"{words.all}\n{body}"
    status = status_within(words)
    return _told(failure_of(None, words), words, secret, {}, whole=whole, status=status)


def _of_status(error: openai.APIStatusError, secret: str) -> ProviderError:
    response, status = error.response, error.status_code
    words = words_of(response.content)
    logger.warning("the provider answered %s: %s", status, redacted(words.all, [secret]))
    failure = failure_of(status, words)
    if failure is failures.REDIRECTED:
        host = httpx2.URL(response.headers.get("location", "")).host or "nowhere"
        words = Words(host[:MAX_TYPE])
    bought = "unknown" if status in GATEWAY else None
    # In the body itself, letters may be escaped.
    whole = f"{words.all}\n{response.content.decode(errors='replace')}"
    return _told(
        failure, words, secret, response.headers, whole=whole, status=status, bought=bought
    )


def _told(
    failure: Failure,
    words: Words,
    secret: str,
    headers: Mapping[str, Any],
    *,
    whole: str,
    **known: Any,
) -> ProviderError:
    """The failure in the provider's words, and when it may be tried again."""
    said = redacted(words.message, [secret])
    message = failure.sentence
    if said and failure.quoted == "alone":
        message = said
    elif said and failure.quoted == "added":
        message = f"{failure.sentence} It says: {said}"
    wait_s = retry_after_s(headers, whole)
    too_long = wait_s is not None and wait_s > MAX_RETRY_AFTER_S
    if wait_s is not None and too_long:
        at = datetime.now(UTC) + timedelta(seconds=min(wait_s, 366 * 86_400))
        message = f"{message} It takes calls again at {at:%Y-%m-%d %H:%M} UTC."
    return failure.error(
        message,
        retry_after=wait_s,
        retried=not too_long,
        words=redacted(whole, [secret], MAX_BODY),
        **known,
    )
