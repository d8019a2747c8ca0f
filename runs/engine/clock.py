"""The clock of a real run."""

import time
from datetime import UTC, datetime


class SystemClock:
    """This machine's time, in UTC."""

    def now(self) -> datetime:
        """The current time."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds for measuring durations."""
        return time.monotonic()
