"""Asks every few seconds whether those who watch still may; equal questions are asked once."""

import asyncio
from collections.abc import Hashable, Iterable
from functools import partial

from accounts.credentials import StillValid
from runs.feed.viewers import Viewer
from web.connections import in_any_thread
from web.outages import MAYBE_OUTAGE

CHECK_S = 4.0


class Checks:
    """The viewers of one event loop by what they were let in with."""

    def __init__(self) -> None:
        self._viewers: dict[Hashable, set[Viewer]] = {}
        self._checks: dict[Hashable, StillValid] = {}
        self._task: asyncio.Task[None] | None = None

    def add(self, viewer: Viewer, check: StillValid) -> None:
        """Refuse this viewer once its check fails."""
        key = _key(check)
        self._checks[key] = check
        self._viewers.setdefault(key, set()).add(viewer)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._ask())

    def remove(self, viewer: Viewer, check: StillValid) -> None:
        """It has gone by itself."""
        key = _key(check)
        self._viewers[key].discard(viewer)
        if not self._viewers[key]:
            del self._viewers[key], self._checks[key]

    async def _ask(self) -> None:
        while self._checks:
            await asyncio.sleep(CHECK_S)
            failed = await in_any_thread(_failed)(list(self._checks.items()))
            for viewer in [one for key in failed for one in self._viewers.get(key, ())]:
                viewer.refuse()


def _key(check: StillValid) -> Hashable:
    """Equal for equal questions."""
    return (check.func, check.args) if isinstance(check, partial) else check


def _failed(checks: Iterable[tuple[Hashable, StillValid]]) -> list[Hashable]:
    """Which fail; none while the database is away: there is nothing to read then."""
    try:
        return [key for key, check in checks if not check()]
    except MAYBE_OUTAGE:
        return []
