"""An event loop whose clock only jumps: nobody waits, and every duration is exact.

Where nothing is ready, the time of the next timer is there at once. Client and server share the
loop, and what one writes to a socket of this machine the other can read a moment later.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

# So long, in real time, something may still be on its way through the kernel.
MOMENT_S = 0.001


class _Selector(selectors.DefaultSelector):
    """Waits by moving the loop's clock."""

    now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready; else the time is over."""
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        ready = super().select(MOMENT_S)
        if not ready:
            self.now_s += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop with a time of its own, which begins at 0."""

    def __init__(self) -> None:
        self._clock = _Selector()
        super().__init__(self._clock)

    def time(self) -> float:
        """Seconds since the loop began."""
        return self._clock.now_s


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run it in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
