"""A value that is costly to read: read by one thread at a time, and kept for a moment."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
FRESH_S = 1.0
# Reading takes at most this part of the time, however often it is asked for.
SHARE = 20


class Remembered(Generic[T]):
    """What `read` gave lately. Who asks while it is read waits, and has the same."""

    def __init__(self, read: Callable[[], T]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._value: T | None = None
        self._fresh_until = 0.0

    def get(self) -> T:
        """A value that is a second old at most, or older where reading takes long."""
        with self._lock:
            began_at = time.monotonic()
            if self._value is None or began_at >= self._fresh_until:
                self._value = self._read()
                now = time.monotonic()
                self._fresh_until = now + max(FRESH_S, SHARE * (now - began_at))
            return self._value
