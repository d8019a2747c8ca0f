"""Cancel, deadline, shutdown, and a task that is cancelled from outside."""

import asyncio

import pytest

from runs.engine.calls.stopping import check
from runs.engine.errors import Stopped
from runs.engine.memory import MemoryJournal, MemoryStop
from runs.engine.types import Hold, StepStart
from tests.engine.harness import REFLECTION, Harness
from tests.engine.scripted import Body, Provider, Say, Silence
from tests.pace import LoopTime
from tests.simulator.process import Process, row_when_written

CALL = Say("I look.", calls=(("calculator", '{"expression": "6*7"}'),))


async def until(condition: object) -> None:
    while not condition():  # type: ignore[operator]
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("answer", [Silence(), Say(pieces=("a",), hang=True)])
async def test_a_cancel_cuts_the_connection_within_a_second(
    engine: Harness, provider: Provider, answer: Say | Silence
):
    provider.script = [answer]
    running = asyncio.create_task(engine.run())
    await until(lambda: provider.requests)
    await asyncio.sleep(0.1)
    engine.stop.halt("cancelled")
    async with LoopTime() as since:
        result = await running
        await provider.dropped.wait()
        assert since.seconds < 0.5
    assert result.status == "cancelled"
    assert engine.ends[0].status == "cancelled"
    assert engine.live.closed == [("react/t1/think", 1)]


async def test_no_call_begins_after_a_cancel(engine: Harness, provider: Provider):
    engine.stop.halt("cancelled")
    result = await engine.run()
    assert (result.status, result.answer_kind) == ("cancelled", "none")
    assert provider.requests == []


async def test_at_the_deadline_the_closing_call_still_goes_out(engine: Harness, provider: Provider):
    def answer(body: Body) -> Say:
        engine.stop.drain("deadline")
        return CALL

    provider.script = []
    provider.answer = answer
    running = asyncio.create_task(engine.run())
    await until(lambda: provider.requests)
    provider.answer = lambda body: Say("It is 42, as far as I got.")
    result = await running
    assert (result.status, result.answer_kind, result.stop_reason) == (
        "succeeded",
        "best_effort",
        "deadline",
    )
    assert engine.keys[-1] == "react/close/deadline"
    assert "42" in provider.requests[-1]["messages"][1]["content"]


class Late(MemoryJournal):
    """A journal whose calls wait for money until the deadline has passed."""

    def __init__(self, stop: MemoryStop) -> None:
        super().__init__()
        self.stop = stop

    async def hold(self, start: StepStart) -> Hold:
        self.stop.drain("deadline")
        check(self.stop, closing=start.closing)
        return await super().hold(start)


async def test_a_deadline_in_the_wait_for_money_concludes_the_run(
    engine: Harness, provider: Provider
):
    engine.journal = Late(engine.stop)
    provider.script = [Say("All I can say is 42.")]
    result = await engine.run()
    assert (result.answer_kind, result.stop_reason) == ("best_effort", "deadline")
    assert engine.keys == ["react/close/deadline"]


async def test_past_the_deadline_the_run_fails_with_what_it_has(
    engine: Harness, provider: Provider
):
    provider.script = [Say(pieces=("so ", "far"), hang=True)]
    running = asyncio.create_task(engine.run())
    await until(lambda: engine.live.seen == "so far")
    engine.stop.halt("deadline")
    result = await running
    assert (result.status, result.answer, result.answer_kind) == ("failed", "so far", "partial")
    assert result.error is not None
    assert result.error["code"] == "deadline"


async def test_a_shutdown_lets_the_call_end_and_hands_the_run_back(
    engine: Harness, provider: Provider
):
    provider.script = [Say(pieces=("a ", "draft"), pause_s=0.1)]
    running = asyncio.create_task(engine.run(REFLECTION))
    await until(lambda: provider.requests)
    engine.stop.drain("shutdown")
    with pytest.raises(Stopped, match="shutdown"):
        await running
    assert [end.status for end in engine.ends] == ["done"]


@pytest.mark.parametrize("reason", ["shutdown", "lost"])
async def test_a_halt_settles_before_it_hands_back(
    engine: Harness, provider: Provider, reason: str
):
    provider.script = [Say(pieces=("a",), hang=True)]
    running = asyncio.create_task(engine.run())
    await until(lambda: engine.live.seen)
    engine.stop.halt(reason)
    with pytest.raises(Stopped, match=reason):
        await running
    assert [end.status for end in engine.ends] == ["cancelled"]


async def test_a_task_that_is_cancelled_leaves_no_hold_open(engine: Harness, provider: Provider):
    provider.script = [Say(pieces=("a",), hang=True)]
    running = asyncio.create_task(engine.run())
    await until(lambda: engine.live.seen)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert [end.status for end in engine.ends] == ["cancelled"]
    await asyncio.wait_for(provider.dropped.wait(), 20)


async def test_a_cancelled_reflection_keeps_its_draft(engine: Harness, provider: Provider):
    provider.script = [Say("The draft."), Say(pieces=("{",), hang=True)]
    running = asyncio.create_task(engine.run(REFLECTION))
    await until(lambda: len(provider.requests) == 2)
    engine.stop.halt("cancelled")
    result = await running
    assert (result.status, result.answer, result.answer_kind) == (
        "cancelled",
        "The draft.",
        "partial",
    )


@pytest.mark.parametrize("fault", ["chunks=600 rate=200", "chunks=600 rate=200 cut=80 times=1"])
async def test_the_estimate_is_never_below_the_providers_bill(simulator: Process, fault: str):
    engine = Harness(f"{simulator.url}/v1")
    task = f"Go on. [sim: {fault}]"
    running = asyncio.create_task(engine.run(task=task, model="gpt-4o-mini"))
    await until(lambda: len(engine.live.seen) > 300)
    engine.stop.halt("cancelled")
    await running
    bill = await row_when_written(simulator, task)
    end = engine.ends[0]
    assert end.confidence == "estimated"
    assert end.usage is not None
    assert bill["completion_tokens"] <= end.usage.output
    assert bill["prompt_tokens"] <= end.usage.fresh_input
    await engine.model.close()
