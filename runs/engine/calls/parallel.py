"""Work side by side that ends together: nothing is left behind, and no paid answer is dropped."""

import asyncio
from collections.abc import Collection, Coroutine, Sequence
from typing import Any, TypeVar

from runs.engine.calls.stopping import see_through
from runs.engine.errors import EngineError, Fenced, MustConclude, Paused, Stopped

T = TypeVar("T")

MAX_PARALLEL = 4

# Which failure speaks for all: the one that leaves the run the least to do.
WEIGHTIEST: tuple[type[BaseException], ...] = (Fenced, Stopped, MustConclude, Paused, BaseException)


class _NeverBegun(EngineError):
    """Another piece of work failed before this one's turn came."""


async def together(
    work: Sequence[Coroutine[Any, Any, T]], limit: int, needs: Sequence[Collection[int]] = ()
) -> list[T]:
    """Run all of it, so many at a time, and return the results in the order of the work.

    `needs` has for each piece the places of those that must have ended before it begins, without a
    circle. It begins as soon as they have.

    When one fails, what hasn't begun never begins, what is under way ends by itself, and only then
    the weightiest failure is raised. `Fenced` and a cancellation from outside cut the rest; here
    too each piece is over when this returns, so that a paid call has been settled.
    """
    gate = _Gate(limit, len(work))
    tasks = [
        asyncio.ensure_future(gate.run(place, one, needs[place] if needs else ()))
        for place, one in enumerate(work)
    ]
    try:
        await _end_by_themselves(tasks)
    finally:
        for task in tasks:
            task.cancel()
        await see_through(_wait(tasks))
        for one in work:
            one.close()
        failures = [failure for task in tasks if (failure := _failure(task))]
    _raise_weightiest(failures)
    return [task.result() for task in tasks]


class _Gate:
    """Lets so many through at a time, each after what it needs, and nobody once one has failed."""

    def __init__(self, limit: int, pieces: int) -> None:
        self._limit = asyncio.Semaphore(limit)
        self._ended = [asyncio.Event() for _ in range(pieces)]
        self._failed = False

    async def run(self, place: int, work: Coroutine[Any, Any, T], needs: Collection[int]) -> T:
        try:
            for needed in needs:
                await self._ended[needed].wait()
            async with self._limit:
                return await self._begin(work)
        finally:
            self._ended[place].set()

    async def _begin(self, work: Coroutine[Any, Any, T]) -> T:
        if self._failed:
            raise _NeverBegun
        try:
            return await work
        except BaseException:
            self._failed = True
            raise


async def _end_by_themselves(tasks: Sequence[asyncio.Task[T]]) -> None:
    """Wait for all of them, or until one turns out to be fenced: then none may write any more."""
    pending = set(tasks)
    while pending:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        if any(isinstance(_failure(task), Fenced) for task in done):
            return


async def _wait(tasks: Sequence[asyncio.Task[T]]) -> None:
    if tasks:
        await asyncio.wait(tasks)


def _failure(task: asyncio.Task[T]) -> BaseException | None:
    return asyncio.CancelledError() if task.cancelled() else task.exception()


def _raise_weightiest(failures: Sequence[BaseException]) -> None:
    real = [failure for failure in failures if not isinstance(failure, _NeverBegun)]
    for kind in WEIGHTIEST:
        for failure in real:
            if isinstance(failure, kind):
                raise failure
