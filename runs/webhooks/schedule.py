"""When a message is sent again. Pure: the time that has passed, and what the receiver asked for."""

import random
from email.utils import parsedate_to_datetime

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
# Between one attempt and the next, in seconds; three days in all.
PAUSES_S = (
    5,
    30,
    2 * MINUTE,
    10 * MINUTE,
    30 * MINUTE,
    HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    DAY,
)
# A receiver that was away for many is not asked by all of them in one moment.
JITTER = 0.1
MOST_ASKED_S = 6 * HOUR


def pause_after(tries: int, asked_s: float = 0.0) -> float | None:
    """Seconds until the next attempt after so many; None after the last one.

    `asked_s` is what the receiver asked for: it makes the pause longer, never shorter.
    """
    if tries > len(PAUSES_S):
        return None
    pause = PAUSES_S[tries - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
    return max(pause, asked_s)


def asked_pause(header: str, now: float) -> float:
    """The seconds that a `Retry-After` asks for, up to six hours; 0 where it says nothing."""
    text = header.strip()
    try:
        seconds = float(text) if text.isdigit() else parsedate_to_datetime(text).timestamp() - now
    except (ValueError, TypeError, OverflowError):
        return 0.0
    return min(max(seconds, 0.0), MOST_ASKED_S)
