"""Calls side by side: in order, under a limit, and settled before anything is raised."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from runs.engine.calls.parallel import MAX_PARALLEL
from runs.engine.calls.request import Answer
from runs.engine.clock import SystemClock
from runs.engine.context import Context
from runs.engine.errors import Fenced, MustConclude, ProviderError, Stopped
from runs.engine.memory import MemoryJournal
from runs.engine.ports import Ports
from runs.engine.step import Step
from runs.engine.tools.registry import ToolBox
from runs.engine.types import Hold, Spec, StepEnd, StepStart
from tests.engine.harness import Died, Harness, Mortal, Poor
from tests.engine.scripted import Body, Provider, Refuse, Say, Silence

PART = Step("part", "Working", "execution", "Do part {part}.", "{task}", carries=("part",))
SPEC = Spec("Do it.", "parts", "m-1")
HANG = Say(pieces=("so far",), hang=True)


def part_of(body: Body) -> int:
    return int(body["messages"][0]["content"].removeprefix("Do part ").removesuffix("."))


class Parts:
    """A run that makes calls side by side."""

    def __init__(self, engine: Harness) -> None:
        tools = ToolBox(())
        self.ctx = Context(
            SPEC,
            PART,
            Ports(
                engine.journal,
                engine.model,
                engine.live,
                engine.stop,
                SystemClock(),
                tools,
                engine.breakers,
            ),
        )

    def call(self, number: int) -> Coroutine[Any, Any, Answer]:
        messages = self.ctx.messages(PART, part=str(number))
        return self.ctx.call(self.ctx.request(PART, f"part/{number}", messages))

    async def gather(self, count: int) -> list[str]:
        answers = await self.ctx.gather(*(self.call(number) for number in range(count)))
        return [answer.text for answer in answers]


async def until(condition: Any) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


def statuses(engine: Harness) -> list[str]:
    """How each begun attempt ended; all of them have."""
    assert all(end for _, end in engine.journal.steps)
    return [end.status for end in engine.ends]


async def test_answers_come_in_the_order_of_the_calls(engine: Harness, provider: Provider):
    def answer(body: Body) -> Say:
        number = part_of(body)
        return Say(pieces=(f"{number}", "!"), pause_s=0.1 / (1 + number))

    provider.answer = answer
    assert await Parts(engine).gather(6) == [f"{number}!" for number in range(6)]


async def test_so_many_are_in_flight_and_no_more(engine: Harness, provider: Provider):
    provider.answer = lambda body: HANG
    running = asyncio.create_task(Parts(engine).gather(9))
    await until(lambda: len(provider.requests) == MAX_PARALLEL)
    await asyncio.sleep(0.1)
    assert len(engine.journal.steps) == MAX_PARALLEL
    engine.stop.halt("cancelled")
    with pytest.raises(Stopped):
        await running


async def test_nothing_to_do_is_done(engine: Harness):
    assert await Parts(engine).gather(0) == []


@pytest.mark.parametrize("reason", ["cancelled", "shutdown", "deadline"])
async def test_a_halt_in_mid_flight_settles_each_call_and_begins_none(
    engine: Harness, provider: Provider, reason: str
):
    provider.answer = lambda body: Silence() if part_of(body) == 1 else HANG
    running = asyncio.create_task(Parts(engine).gather(7))
    await until(lambda: len(provider.requests) == MAX_PARALLEL and "so far" * 3 in engine.live.seen)
    engine.stop.halt(reason)
    with pytest.raises(Stopped, match=reason):
        await running
    assert statuses(engine) == ["cancelled"] * MAX_PARALLEL
    assert len(engine.live.closed) == MAX_PARALLEL
    assert len(provider.requests) == MAX_PARALLEL


async def test_a_drain_lets_the_calls_in_flight_end(engine: Harness, provider: Provider):
    provider.answer = lambda body: Say(pieces=("a", "b"), pause_s=0.1)
    running = asyncio.create_task(Parts(engine).gather(7))
    await until(lambda: len(provider.requests) == MAX_PARALLEL)
    engine.stop.drain("shutdown")
    with pytest.raises(Stopped, match="shutdown"):
        await running
    assert statuses(engine) == ["done"] * MAX_PARALLEL


async def test_without_money_for_one_the_others_are_bought_and_kept(
    engine: Harness, provider: Provider
):
    engine.journal = Poor(2)
    provider.answer = lambda body: Say(pieces=("a", "b"), pause_s=0.1)
    parts = Parts(engine)
    with pytest.raises(MustConclude, match="budget"):
        await parts.gather(6)
    assert statuses(engine) == ["done"] * 2
    assert [bool(engine.journal.recorded(f"parts/part/{n}")) for n in range(3)] == [
        True,
        True,
        False,
    ]
    assert len(provider.requests) == 2


async def test_after_a_refusal_only_the_closing_call_is_asked_for(
    engine: Harness, provider: Provider
):
    engine.journal = poor = Poor(1)
    provider.answer = lambda body: Say("ok")
    parts = Parts(engine)
    with pytest.raises(MustConclude):
        await parts.gather(2)
    poor.calls = 9
    with pytest.raises(MustConclude):
        await parts.call(5)
    assert (await parts.ctx.closing_call("budget", part="5")).text == "ok"


async def test_a_failure_waits_for_what_is_paid_for(engine: Harness, provider: Provider):
    provider.answer = lambda body: (
        Refuse(401) if part_of(body) == 0 else Say(pieces=("a", "b"), pause_s=0.1)
    )
    with pytest.raises(ProviderError):
        await Parts(engine).gather(7)
    assert sorted(statuses(engine)) == ["done"] * (MAX_PARALLEL - 1) + ["failed"]
    assert len(provider.requests) == MAX_PARALLEL


async def test_a_cancelled_task_leaves_no_hold_open(engine: Harness, provider: Provider):
    provider.answer = lambda body: HANG
    running = asyncio.create_task(Parts(engine).gather(7))
    await until(lambda: len(provider.requests) == MAX_PARALLEL)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert statuses(engine) == ["cancelled"] * MAX_PARALLEL


class Taken(MemoryJournal):
    """A journal that another worker takes over when the first call is settled."""

    async def settle(self, start: StepStart, hold: Hold, end: StepEnd) -> None:
        await super().settle(start, hold, end)
        raise Fenced


async def test_a_fenced_run_cuts_its_other_calls(engine: Harness, provider: Provider):
    engine.journal = Taken()
    provider.answer = lambda body: Say("done") if part_of(body) == 0 else HANG
    async with asyncio.timeout(60):
        with pytest.raises(Fenced):
            await Parts(engine).gather(7)
    assert sorted(statuses(engine)) == ["cancelled"] * (MAX_PARALLEL - 1) + ["done"]


async def test_the_reason_to_stop_outweighs_a_failure_before_it(
    engine: Harness, provider: Provider
):
    provider.answer = lambda body: Refuse(401) if part_of(body) == 0 else HANG
    running = asyncio.create_task(Parts(engine).gather(3))
    await until(lambda: len(engine.ends) == 1 and len(provider.requests) == 3)
    engine.stop.halt("lost")
    with pytest.raises(Stopped, match="lost"):
        await running


async def test_what_was_paid_before_a_crash_is_read_back(engine: Harness, provider: Provider):
    engine.journal = mortal = Mortal("parts/part/1")
    provider.answer = lambda body: Say(f"{part_of(body)}")
    with pytest.raises(Died):
        await Parts(engine).gather(3)
    mortal.dies_after = ""
    bought = len(provider.requests)
    assert await Parts(engine).gather(3) == ["0", "1", "2"]
    assert len(provider.requests) == 3
    assert len(engine.events("step.finished")) == bought + 3


async def test_texts_that_were_cut_are_all_there_to_show(engine: Harness, provider: Provider):
    provider.answer = lambda body: Say(pieces=(f"part {part_of(body)}",), hang=True)
    parts = Parts(engine)
    running = asyncio.create_task(parts.gather(2))
    await until(lambda: all(f"part {n}" in engine.live.seen for n in range(2)))
    engine.stop.halt("cancelled")
    with pytest.raises(Stopped):
        await running
    assert sorted((parts.ctx.partial or "").split("\n\n")) == ["part 0", "part 1"]
