"""Why a run has to stop, and whether calls in flight may end first."""

import asyncio

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
