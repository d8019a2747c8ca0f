"""What wakes and what stops a run: freed money, and the reasons to end."""

import asyncio
import contextlib

# Stronger reasons replace weaker ones: a lost run writes nothing more, whatever else was asked.
STRENGTH = {"": 0, "deadline": 1, "shutdown": 2, "cancelled": 3, "lost": 4}


class RunStop:
    """The engine's `Stop` port for one run."""

    def __init__(self) -> None:
        self._reason = ""
        self._halted = asyncio.Event()
        self._changed = asyncio.Event()

    @property
    def reason(self) -> str:
        """Empty, or deadline, shutdown, cancelled, lost."""
        return self._reason

    @property
    def halted(self) -> bool:
        """True when calls in flight are to be cut."""
        return self._halted.is_set()

    async def wait_halted(self) -> None:
        """Return once calls in flight are to be cut."""
        await self._halted.wait()

    async def wait_changed(self) -> None:
        """Return once something was asked for since the last time."""
        await self._changed.wait()
        self._changed.clear()

    def drain(self, reason: str) -> None:
        """Refuse new calls; let calls in flight end."""
        if STRENGTH[reason] > STRENGTH[self._reason]:
            self._reason = reason
        self._changed.set()

    def halt(self, reason: str) -> None:
        """Refuse new calls and cut calls in flight."""
        self.drain(reason)
        self._halted.set()


class Bell:
    """Rung by the worker's listener when money has come back to a budget."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake all that wait now."""
        self._rung.set()
        self._rung = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Return at the next ring, or after so many seconds."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), seconds)
