"""The end of this process: whoever makes clients wait for long is told, and sends them on."""

import asyncio
from collections.abc import Callable
from weakref import WeakKeyDictionary


class Ending:
    """Of one event loop's server."""

    def __init__(self) -> None:
        self.begun = False
        self._listeners: list[Callable[[], None]] = []

    def listen(self, listener: Callable[[], None]) -> None:
        """Call this once the end begins."""
        self._listeners.append(listener)

    def begin(self) -> None:
        """The server takes no more requests, and ends once it has answered those it has."""
        self.begun = True
        for listener in self._listeners:
            listener()


_endings: "WeakKeyDictionary[asyncio.AbstractEventLoop, Ending]" = WeakKeyDictionary()


def ending() -> Ending:
    """The running loop's."""
    return _endings.setdefault(asyncio.get_running_loop(), Ending())
