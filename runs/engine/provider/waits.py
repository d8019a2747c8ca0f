"""How long a provider asks to wait, in whatever way it says so."""

import email.utils
import re
import time
from collections.abc import Mapping
from typing import Any

# How long an attempt waits at most: who asks for more ends the call.
MAX_RETRY_AFTER_S = 120.0
UNITS_S = {"ms": 0.001, "s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
DURATION = re.compile(
    r"(\d+(?:\.\d+)?)\s*(ms|sec|s|min|m|h|d)(?:onds?|utes?|ours?|ays?)?(?![a-z])", re.I
)
IN_WORDS = re.compile(
    r"(?:retry|try again|retryDelay\W*|available again)(?: again)?(?: in| after)?\W{0,3}"
    r"((?:\d+(?:\.\d+)?\s*(?:ms|seconds?|sec|s|minutes?|min|m|hours?|h|days?|d)(?![a-z])\s*)+)",
    re.IGNORECASE,
)


def retry_after_s(headers: Mapping[str, Any], words: str = "") -> float | None:
    """Seconds to wait, by the headers, else by the words; None where neither says so."""
    milliseconds = _seconds(headers.get("retry-after-ms"), 0.001)
    if milliseconds is not None:
        return milliseconds
    given = headers.get("retry-after")
    wait_s = _seconds(given, 1.0)
    if wait_s is None and given:
        wait_s = _until(given)
    if wait_s is None and given:
        wait_s = _duration_s(given)
    if wait_s is None and (found := IN_WORDS.search(words)):
        wait_s = _duration_s(found[1])
    return wait_s


def _seconds(text: str | None, scale: float) -> float | None:
    try:
        wait_s = float(text or "") * scale
    except ValueError:
        return None
    return wait_s if 0 <= wait_s < float("inf") else None


def _until(date: str) -> float | None:
    parsed = email.utils.parsedate_tz(date)
    return max(email.utils.mktime_tz(parsed) - time.time(), 0.0) if parsed else None


def _duration_s(text: str) -> float | None:
    """`1m30s`, `27 seconds`, `1.5h`."""
    parts = DURATION.findall(text)
    if not parts:
        return None
    return sum(float(number) * UNITS_S[unit.lower()] for number, unit in parts)
