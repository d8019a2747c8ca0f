"""Equal reads of the database that are wanted at once are one."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, ParamSpec, TypeVar

from web.connections import in_any_thread

P = ParamSpec("P")
R = TypeVar("R")


class SharedReads:
    """The reads that are under way in this event loop."""

    def __init__(self) -> None:
        self._under_way: dict[object, asyncio.Future[Any]] = {}

    async def read(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """The answer of a read that this caller or an earlier one began."""
        key = (function, args, tuple(kwargs.items()))
        if key not in self._under_way:
            task = asyncio.ensure_future(in_any_thread(partial(function, *args, **kwargs))())
            task.add_done_callback(lambda _: self._under_way.pop(key))
            self._under_way[key] = task
        # Who goes away takes nothing from the others.
        found: R = await asyncio.shield(self._under_way[key])
        return found
