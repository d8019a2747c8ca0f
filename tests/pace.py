"""How long something takes, told so that it means the same on a machine that has other work too."""

import asyncio
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

TURN_S = 0.01


class LoopTime:
    """The seconds that this event loop has had for its work.

    Where a turn of the loop comes late, the machine stood still or worked for others, and what is
    timed could not go on either: such a turn counts twice what it should take, and no more. What
    this process computes itself counts in full.
    """

    async def __aenter__(self) -> Self:
        self.restart()
        self._turning = asyncio.create_task(self._turn())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._turning.cancel()

    def restart(self) -> None:
        """Count from now on."""
        self.turns = 0
        self._turned_s = 0.0
        self._computed_from_s = time.process_time()

    @property
    def seconds(self) -> float:
        """So many since it began."""
        return max(self._turned_s, time.process_time() - self._computed_from_s)

    async def _turn(self) -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(TURN_S)
            self.turns += 1
            self._turned_s += min(time.monotonic() - began, 2 * TURN_S)


def seconds_of(action: Callable[[], object]) -> float:
    """How long this takes here and now."""
    began = time.monotonic()
    action()
    return time.monotonic() - began


def limit(allowed_s: float, usual_s: float) -> float:
    """The most that something may take that is allowed so long, where something as large took
    `usual_s` just now: on a machine that is busy enough, four times that.
    """
    return max(allowed_s, 4 * usual_s)
