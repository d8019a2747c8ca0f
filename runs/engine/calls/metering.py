"""What an attempt bought when the provider's own count is missing. Estimates err upwards."""

import math
from collections import deque

from runs.engine import tokens
from runs.engine.calls.request import CallRequest
from runs.engine.provider.reasoning import reasons
from runs.engine.types import Usage

# A provider may go on writing for so long after the connection was dropped.
AFTERRUN_S = 5.0
WINDOW_S = 1.0
# Two coalesced reads: what comes within a shorter time tells of the network, not of the model.
MIN_WINDOW_S = 0.1
# The least that is assumed of a stream that wrote for less than a window: its speed isn't known.
UNKNOWN_SPEED_TOKENS_S = 100.0


class Speedometer:
    """The highest speed of a stream, over windows of about a second.

    The wait for the first output is a window of its own. It is slow, unless much came at once, and
    inside the windows that follow it would hide how fast the stream is.
    """

    def __init__(self) -> None:
        self._reads: deque[tuple[float, int]] = deque()
        self._peak = 0.0
        self._began_s: float | None = None
        self._first_output_s: float | None = None
        self._wrote_s = 0.0

    def read(self, at_s: float, characters: int) -> None:
        """So many characters in all had come at this time: none when the request was sent."""
        self._began_s = at_s if self._began_s is None else self._began_s
        self._reads.append((at_s, characters))
        while len(self._reads) > 2 and at_s - self._reads[1][0] >= WINDOW_S:
            self._reads.popleft()
        since_s, before = self._reads[0]
        span_s = max(at_s - since_s, MIN_WINDOW_S)
        self._peak = max(self._peak, (characters - before) / span_s)
        if self._first_output_s is not None:
            self._wrote_s = at_s - self._first_output_s
        elif characters:
            self._first_output_s = at_s
            self._reads = deque([(at_s, characters)])

    @property
    def first_output_ms(self) -> int | None:
        """How long it took until there was some; None while there is none."""
        if self._began_s is None or self._first_output_s is None:
            return None
        return round(1000 * (self._first_output_s - self._began_s))

    def tokens_per_s(self, received: str) -> float:
        """The peak in tokens a second; a cautious guess where too little came to measure it."""
        measured = self._peak * tokens.count(received) / max(len(received), 1)
        return measured if self._wrote_s >= WINDOW_S else max(measured, UNKNOWN_SPEED_TOKENS_S)


def complete(request: CallRequest, received: str, cap: int, _: Speedometer) -> Usage:
    """A complete answer whose usage is missing: what was sent and what was received."""
    output = tokens.count(received)
    if reasons(request.model, request.effort):
        output = max(output, cap)
    return Usage(request.counted_input_tokens, 0, output)


def cut(request: CallRequest, received: str, cap: int, speed: Speedometer) -> Usage:
    """An answer that was cut: what came, and what may still have been written, up to the cap."""
    output = tokens.count(received)
    more = math.ceil(AFTERRUN_S * speed.tokens_per_s(received))
    unseen = reasons(request.model, request.effort)
    wanted = cap if unseen else min(cap, output + more)
    return Usage(request.counted_input_tokens, 0, max(output, wanted))


def overrun(request: CallRequest, received: str, cap: int, speed: Speedometer) -> Usage:
    """An answer that we cut past its cap: what came, and what may still have been written.

    How much an endpoint writes that knows no cap can't be known. It is taken for at most a second
    answer: a burst says little of its speed, and has made much more of a few words.
    """
    more = min(cap, math.ceil(AFTERRUN_S * speed.tokens_per_s(received)))
    return Usage(request.counted_input_tokens, 0, max(cap, tokens.count(received) + more))


def bounds(request: CallRequest, cap: int) -> Usage:
    """No answer known: the whole hold."""
    return Usage(request.max_input_tokens, 0, cap)
