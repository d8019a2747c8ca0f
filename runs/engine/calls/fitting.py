"""A call whose window is full is made again with shorter observations, as far as there are any."""

from collections.abc import Iterator
from dataclasses import replace

from runs.engine.calls.paid import PaidCalls
from runs.engine.calls.request import Answer, CallRequest
from runs.engine.calls.transcript import fitted
from runs.engine.errors import ProviderError
from runs.engine.ports import Journal
from runs.engine.provider.failures import CONTEXT_FULL

# Of what was sent, by our own count. The provider's may differ by a half, so that it is tried.
SHARES = (0.7, 0.4, 0.15)


def is_full(error: ProviderError) -> bool:
    """True when the prompt was longer than the model can read."""
    return error.code == CONTEXT_FULL.code


class FittingCalls:
    """The paid calls of one run, which fit the model's window."""

    def __init__(self, paid: PaidCalls, journal: Journal) -> None:
        self._paid = paid
        self._journal = journal

    async def make(self, request: CallRequest) -> Answer:
        """Buy an answer as `PaidCalls.make` does, to a shorter conversation where it has to be."""
        key = f"{request.key}/shorter"
        if recorded := self._journal.recorded(key):
            same = (one for one in _shorter(request, key) if one.digest == recorded.digest)
            return await self._paid.make(next(same, replace(request, key=key)))
        try:
            return await self._paid.make(request)
        except ProviderError as error:
            if not is_full(error):
                raise
            full = error
        for shorter in _shorter(request, key):
            try:
                return await self._paid.make(shorter)
            except ProviderError as error:
                if not is_full(error):
                    raise
        raise full


def _shorter(request: CallRequest, key: str) -> Iterator[CallRequest]:
    messages = request.messages
    for share in SHARES:
        shorter = fitted(messages, int(request.counted_input_tokens * share))
        if shorter != messages:
            yield replace(request, key=key, messages=shorter)
        messages = shorter
