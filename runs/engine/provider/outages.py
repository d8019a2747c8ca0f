"""Which failures say that a model is out of order, and what readers are told of an outage."""

from runs.engine.errors import ProviderError
from runs.engine.provider import shutdowns
from runs.engine.provider.failures import FAILURES
from runs.engine.types import Outage

REQUEST_TIMEOUT = 408


def is_outage(error: ProviderError) -> bool:
    """True for what any call could have met: a status of 500 and more, no answer, half an answer.

    A 4xx is about what was asked or how often, and says nothing of the next call.
    """
    failure = FAILURES.get(error.code)
    if failure is None or not failure.outage:
        return False
    return error.status is None or error.status >= 500 or error.status == REQUEST_TIMEOUT


def sentence(outage: Outage) -> str:
    """Why the model isn't called now, and until when."""
    when = (
        f"until {outage.again_at:%H:%M:%S} UTC"
        if outage.again_at
        else "while one call tries whether it answers again"
    )
    return _shut_down(outage) or f"“{outage.model}” isn’t called {when}: {_failed(outage)}"


def past_sentence(outage: Outage) -> str:
    """Why the model wasn't called, in words that stay true however late they are read."""
    return _shut_down(outage) or f"“{outage.model}” wasn’t called: {_failed(outage)}"


def _shut_down(outage: Outage) -> str:
    day = outage.shutdown_on
    return shutdowns.sentence(outage.model, day, day) if day else ""


def _failed(outage: Outage) -> str:
    failed = "call" if outage.failures == 1 else f"{outage.failures} calls"
    why = f"its last {failed} failed."
    last = FAILURES.get(outage.code)
    return f"{why} {last.sentence}" if last else why
