"""How a provider can fail: one row a code, read by the engine, the run page and the docs' test."""

from dataclasses import dataclass
from typing import Literal

from runs.engine.errors import Bought, ProviderError


@dataclass(frozen=True, slots=True)
class Failure:
    """One code. `sentence` is what readers are told, `advice` what they can do, if anything.

    `quoted` says how the provider's own words are told: `added` to the sentence, `alone` where they
    say all that there is to know, `never` where they name the site's account. `retried` failures
    are worth another attempt. `bought` is what the attempt can have cost where no status says
    better. `outage` ones say that the next call would fail too, whatever it asks.
    """

    code: str
    sentence: str
    advice: str
    retried: bool
    bought: Bought
    quoted: Literal["added", "alone", "never"] = "added"
    outage: bool = False

    def error(
        self,
        message: str = "",
        *,
        bought: Bought | None = None,
        status: int | None = None,
        retry_after: float | None = None,
        words: str = "",
        retried: bool = True,
    ) -> ProviderError:
        """This failure as it happened; `message` is for where more is known than the sentence."""
        return ProviderError(
            self.code,
            message or self.sentence,
            bought=bought or self.bought,
            retryable=self.retried and retried,
            status=status,
            retry_after=retry_after,
            words=words,
        )


AUTHENTICATION = Failure(
    "authentication",
    "The provider refused this site's key.",
    "Staff have to renew the site's key for the provider; then rerun it.",
    retried=False,
    bought="nothing",
    quoted="never",
)
PERMISSION = Failure(
    "permission",
    "The provider doesn't let this site's key do this.",
    "Staff have to widen what the site's key may do; then rerun it.",
    retried=False,
    bought="nothing",
    quoted="never",
)
INSUFFICIENT_QUOTA = Failure(
    "insufficient_quota",
    "This site's account with the provider has no credit left.",
    "The site's account at the provider is empty: staff can top it up.",
    retried=False,
    bought="nothing",
    quoted="never",
)
RATE_LIMITED = Failure(
    "rate_limited",
    "The provider takes no more calls just now.",
    "The provider is busy: rerun it in a minute.",
    retried=True,
    bought="nothing",
)
BAD_REQUEST = Failure(
    "bad_request",
    "The provider refused the request.",
    "",
    retried=False,
    bought="nothing",
    quoted="alone",
)
CONTEXT_FULL = Failure(
    "context_full",
    "The task with what was found so far is longer than the model can read.",
    "Rerun it with a model that reads more, or with a shorter task.",
    retried=False,
    bought="nothing",
    quoted="alone",
)
NOT_FOUND = Failure(
    "not_found",
    "The provider doesn't know this model.",
    "The provider doesn't know this model: rerun it with another.",
    retried=False,
    bought="nothing",
    quoted="alone",
)
REDIRECTED = Failure(
    "redirected",
    "The provider's address redirects to another host, which the site's key is not sent to.",
    "Staff have to check the address of the provider; then rerun it.",
    retried=False,
    bought="nothing",
)
# It ends the run as `refused`, one of the run's own codes.
REFUSED = Failure(
    "refused",
    "The provider's filter refused the request.",
    "",
    retried=False,
    bought="nothing",
)
PROVIDER_ERROR = Failure(
    "provider_error",
    "The provider failed.",
    "The provider failed: rerun it later.",
    retried=True,
    bought="nothing",
    outage=True,
)
CONNECTION = Failure(
    "connection",
    "The provider can't be reached.",
    "The provider can't be reached: rerun it later.",
    retried=True,
    bought="nothing",
    outage=True,
)
TIMEOUT = Failure(
    "timeout",
    "The provider stopped answering.",
    "The provider was silent for too long: rerun it later.",
    retried=True,
    bought="unknown",
    outage=True,
)
CONNECTION_LOST = Failure(
    "connection_lost",
    "The provider's answer broke off.",
    "",
    retried=True,
    bought="unknown",
    outage=True,
)
STREAM_CUT = Failure(
    "stream_cut",
    "The answer ended before it was complete.",
    "",
    retried=True,
    bought="unknown",
    outage=True,
)
BAD_STREAM = Failure(
    "bad_stream",
    "The stream can't be read.",
    "",
    retried=True,
    bought="unknown",
    outage=True,
)
NOT_A_STREAM = Failure(
    "not_a_stream",
    "The provider's address does not answer with an event stream.",
    "Staff have to check the address of the provider; then rerun it.",
    # Trying again doesn't help, and a body that isn't streamed may be an answer that was paid for.
    retried=False,
    bought="unknown",
    outage=True,
)

FAILURES = {
    failure.code: failure
    for failure in (
        AUTHENTICATION,
        PERMISSION,
        INSUFFICIENT_QUOTA,
        RATE_LIMITED,
        BAD_REQUEST,
        CONTEXT_FULL,
        NOT_FOUND,
        REDIRECTED,
        PROVIDER_ERROR,
        CONNECTION,
        TIMEOUT,
        CONNECTION_LOST,
        STREAM_CUT,
        BAD_STREAM,
        NOT_A_STREAM,
    )
}
