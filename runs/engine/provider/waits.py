"""How long a provider asks to wait, in whatever way it says so."""

import email.utils
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

# How long an attempt waits at most: who asks for more ends the call.
MAX_RETRY_AFTER_S = 120.0
UNITS_S = {"ms": 0.001, "s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
DURATION = re.compile(
    r"(\d+(?:\.\d+)?)\s*(ms|sec|s|min|m|h|d)(?:onds?|utes?|ours?|ays?)?(?![a-z])", re.I
)
IN_WORDS = re.compile(
    r"(?:retry|try again|retryDelay\W*|available again|wait|resets?)(?: again)?(?: in| after| for)?"
    r"(?: about)?\W{0,3}((?:\d+(?:\.\d+)?\s*"
    r"(?:ms|seconds?|sec|s|minutes?|min|m|hours?|h|days?|d)(?![a-z])\s*(?:,|and)?\s*)+)",
    re.IGNORECASE,
)
# A field of the body, in seconds where its name doesn't say otherwise.
IN_FIELD = re.compile(
    r"(?:retry_?after(?:_seconds)?|estimated_time)(_ms)?\W{2,4}(\d+(?:\.\d+)?)", re.IGNORECASE
)
AT = re.compile(
    r"(?:again|resets?|retry|until)\W(?:at |on |after )?"
    r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d[\d:.]*)(?:Z| ?UTC)",
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
    return _said_s(words) if wait_s is None else wait_s


def _said_s(words: str) -> float | None:
    """Seconds to wait by an error's words, or by a field of its body."""
    if found := IN_WORDS.search(words):
        return _duration_s(found[1])
    if found := IN_FIELD.search(words):
        return _seconds(found[2], 0.001 if found[1] else 1.0)
    if found := AT.search(words):
        return _until(found[1])
    return None


def _seconds(text: str | None, scale: float) -> float | None:
    try:
        wait_s = float(text or "") * scale
    except ValueError:
        return None
    return wait_s if 0 <= wait_s < float("inf") else None


def _until(date: str) -> float | None:
    """Seconds until an HTTP date, or an ISO one."""
    if parsed := email.utils.parsedate_tz(date):
        return max(email.utils.mktime_tz(parsed) - time.time(), 0.0)
    try:
        at = datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
    return max(at - time.time(), 0.0)


def _duration_s(text: str) -> float | None:
    """`1m30s`, `27 seconds`, `1.5h`."""
    parts = DURATION.findall(text)
    if not parts:
        return None
    return sum(float(number) * UNITS_S[unit.lower()] for number, unit in parts)
