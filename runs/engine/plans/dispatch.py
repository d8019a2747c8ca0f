"""Running the calls of a plan; those that only read begin while the plan is still being written."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import jsonschema

from runs.engine.calls.parallel import MAX_PARALLEL
from runs.engine.calls.stopping import see_through
from runs.engine.context import Context
from runs.engine.errors import Fenced
from runs.engine.plans.graph import behind
from runs.engine.plans.running import carry_out
from runs.engine.plans.streamed import StreamedItems
from runs.engine.plans.tasks import Task, call_fault, id_fault, read_task
from runs.engine.tools.tool import Outcome


@dataclass(frozen=True, slots=True)
class _Begun:
    """A task that began early, at its place in the plan."""

    place: int
    task: Task
    work: asyncio.Task[Outcome]


class Dispatch:
    """The calls of one plan, at most `MAX_PARALLEL` at a time. All are over when its block ends.

    What began early counts only where the plan that is accepted has the very same task, and the
    same tasks behind it.
    """

    def __init__(
        self,
        ctx: Context,
        position: Callable[[int], str],
        schema: dict[str, Any],
        most: int,
        earlier: Mapping[str, Outcome],
    ) -> None:
        """`position` is where the call at a place is run; `earlier` is what other plans brought."""
        self._ctx = ctx
        self._position = position
        self._item = jsonschema.Draft202012Validator(schema["properties"]["tasks"]["items"])
        self._most = most
        self._earlier = dict(earlier)
        self._slots = asyncio.Semaphore(MAX_PARALLEL)
        self._begun: dict[str, _Begun] = {}
        self._items = StreamedItems("tasks")
        self._characters = 0
        self._heard = 0

    def hear(self, text: str) -> None:
        """Begin what can be begun of the plan as far as it is written."""
        if len(text) < self._characters:
            self._items, self._heard = StreamedItems("tasks"), 0
        self._characters = len(text)
        items = self._items.read(text)[: self._most]
        for place in range(self._heard, len(items)):
            if self._item.is_valid(items[place]):
                self._begin(place + 1, read_task(items[place]))
        self._heard = len(items)

    async def outcome(
        self, place: int, plan: Sequence[Task], outcomes: Mapping[str, Outcome]
    ) -> Outcome:
        """What the task at this place of the accepted plan brings, after those that it needs."""
        task = plan[place - 1]
        at_place = [begun.work for begun in self._begun.values() if begun.place == place]
        if at_place:
            await asyncio.wait(at_place)
        if self._is_as_begun(task, plan):
            return self._begun[task.id].work.result()
        return await self._run(place, task, outcomes)

    async def __aenter__(self) -> "Dispatch":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        """Wait for what is under way, which ends by itself unless this worker may not go on."""
        works = [begun.work for begun in self._begun.values()]
        if kind is not None and issubclass(kind, Fenced | asyncio.CancelledError):
            for work in works:
                work.cancel()
        await see_through(_ended(works))

    def _begin(self, place: int, task: Task) -> None:
        tool = self._ctx.tools.box.get(task.tool)
        taken = task.id in self._earlier or task.id in self._begun
        if taken or tool is None or tool.effect != "read":
            return
        if id_fault(task) or call_fault(task, self._ctx.tools.box):
            return
        if task.needs <= self._earlier.keys() | self._begun.keys():
            work = asyncio.ensure_future(self._run_early(place, task))
            self._begun[task.id] = _Begun(place, task, work)

    async def _run_early(self, place: int, task: Task) -> Outcome:
        needed = {id: self._begun[id].work for id in task.needs if id in self._begun}
        if needed:
            await asyncio.wait(needed.values())
        found = {id: work.result() for id, work in needed.items()}
        return await self._run(place, task, self._earlier | found)

    async def _run(self, place: int, task: Task, outcomes: Mapping[str, Outcome]) -> Outcome:
        async with self._slots:
            return await carry_out(self._ctx, self._position(place), task, outcomes)

    def _is_as_begun(self, task: Task, plan: Sequence[Task]) -> bool:
        places = {one.id: place for place, one in enumerate(plan, start=1)}
        needs = {one.id: one.needs & places.keys() for one in plan}
        return all(
            (begun := self._begun.get(id)) is not None
            and begun.place == places[id]
            and begun.task == plan[places[id] - 1]
            for id in {task.id, *behind(task.id, needs)}
        )


async def _ended(works: Sequence[asyncio.Task[Outcome]]) -> None:
    """Wait for all; what they raised was raised where their outcome was asked for."""
    await asyncio.gather(*works, return_exceptions=True)
