"""Time: the port, and the clock of a real run."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Time, so that a replay sees the same time."""

    def now(self) -> datetime:
        """The current time, with a time zone."""
        ...

    def monotonic(self) -> float:
        """Seconds for measuring durations."""
        ...


class SystemClock:
    """This machine's time, in UTC."""

    def now(self) -> datetime:
        """The current time."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds for measuring durations."""
        return time.monotonic()
