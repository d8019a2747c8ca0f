"""What holds for every pattern there is, played by the simulator."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from runs.engine.memory import MemoryJournal, MemoryStop
from runs.engine.registry import PATTERNS
from runs.engine.types import Result, Spec
from tests.engine.harness import Died, Harness, Mortal, Poor
from tests.engine.patterns.simulated import simulator

KEYS = [*PATTERNS]
pytestmark = pytest.mark.parametrize("key", KEYS)


@pytest.fixture
async def simulated() -> AsyncIterator[Harness]:
    async with simulator() as url:
        harness = Harness(url)
        yield harness
        await harness.model.close()


def spec(key: str, task: str = "What is 6*7, and what is 12*12?", **changes: Any) -> Spec:
    return replace(Spec(task, key, "m-1", tools=("calculator", "current_time")), **changes)


class When:
    """Acts once, when so many calls have begun."""

    def __init__(self, begun: int, act: Callable[[], None]) -> None:
        self.left = begun
        self.act = act

    def __call__(self, type: str, data: dict[str, Any]) -> None:
        self.left -= type == "step.started"
        if type == "step.started" and self.left == 0:
            self.act()


class Cancelled(MemoryStop):
    """A stop that is pressed a moment later, in the middle of a stream."""

    halted_at = 0.0

    def soon(self) -> None:
        asyncio.get_running_loop().call_later(0.03, self.press)

    def press(self) -> None:
        self.halted_at = time.monotonic()
        self.halt("cancelled")


def bought(engine: Harness) -> list[str]:
    """The keys of the LLM calls that were paid for."""
    return [start.key for start, _ in engine.journal.steps]


async def whole(engine: Harness, key: str) -> tuple[Result, list[str]]:
    """A run without any trouble, and what it bought."""
    engine.forget()
    result = await engine.run(spec(key))
    return result, bought(engine)


async def test_it_answers_within_its_formula(simulated: Harness, key: str):
    result, calls = await whole(simulated, key)
    assert (result.status, result.answer_kind) == ("succeeded", "final")
    assert result.answer
    pattern = PATTERNS[key]
    least, _, most = pattern.calls(pattern.params())
    assert least <= len(calls) <= most
    assert all(pattern.step_of(call) for call in calls)
    assert simulated.codes() == []


async def test_killed_after_any_call_it_goes_on_and_buys_nothing_twice(
    simulated: Harness, key: str
):
    result, calls = await whole(simulated, key)
    for dies_after in calls:
        simulated.journal = journal = Mortal(dies_after)
        with pytest.raises(Died):
            await simulated.run(spec(key))
        resumed = await simulated.run(spec(key))
        assert resumed.answer == result.answer, dies_after
        finished = [start.key for start, end in journal.steps if end and end.status == "done"]
        assert sorted(finished) == sorted(calls), dies_after


async def test_what_the_user_wishes_reaches_every_call(simulated: Harness, key: str):
    simulated.forget()
    await simulated.run(spec(key, custom_instructions="Mind the gap.", goals=("Under 90 words",)))
    for start, _ in simulated.journal.steps:
        system = start.request["messages"][0]
        assert system["role"] == "system"
        assert "Mind the gap." in system["content"], start.key
        assert "- Under 90 words" in system["content"], start.key


async def test_half_an_override_leaves_the_other_half(simulated: Harness, key: str):
    pattern = PATTERNS[key]
    prompts = {step.key: {"user": f"{step.user}\n(as I said)"} for step in pattern.steps}
    simulated.forget()
    await simulated.run(spec(key, prompts=prompts))
    for start, _ in simulated.journal.steps:
        step = pattern.step_of(start.key)
        assert step
        system, user, *_ = start.request["messages"]
        assert system["content"] == step.system, start.key
        assert user["content"].endswith("(as I said)"), start.key
        assert spec(key).task in user["content"], start.key


async def test_out_of_money_at_any_call_it_still_answers(simulated: Harness, key: str):
    _, calls = await whole(simulated, key)
    for affordable in range(len(calls)):
        simulated.journal = journal = Poor(affordable)
        result = await simulated.run(spec(key))
        assert result.status == "succeeded", affordable
        assert result.answer, affordable
        assert len(journal.steps) <= affordable + 1


async def test_without_money_for_its_closing_either_it_shows_what_it_has(
    simulated: Harness, key: str
):
    _, calls = await whole(simulated, key)
    for affordable in range(len(calls)):
        simulated.journal = Poor(affordable, closing=False)
        result = await simulated.run(spec(key))
        assert result.status in ("succeeded", "failed"), affordable
        assert result.answer or result.error, affordable


async def test_past_its_deadline_it_concludes(simulated: Harness, key: str):
    _, calls = await whole(simulated, key)
    for begun in range(1, len(calls) + 1):
        simulated.stop = stop = MemoryStop()
        simulated.journal = MemoryJournal(When(begun, partial(stop.drain, "deadline")))
        result = await simulated.run(spec(key))
        assert result.status == "succeeded", begun
        assert result.answer, begun


async def test_cancelled_in_any_stream_it_ends_at_once(simulated: Harness, key: str):
    _, calls = await whole(simulated, key)
    for begun in range(1, len(calls) + 1):
        simulated.stop = Cancelled()
        simulated.journal = MemoryJournal(When(begun, simulated.stop.soon))
        slow = f"What is 6*7, and what is 12*12? [sim: rate=2 on={begun} times=9]"
        result = await simulated.run(spec(key, slow))
        assert result.status == "cancelled", begun
        assert time.monotonic() - simulated.stop.halted_at < 1.0, begun
        assert all(end for _, end in simulated.journal.steps), begun


@pytest.mark.parametrize("fault", ["broken_json", "empty", "refuse", "garbage_args", "length"])
async def test_whatever_a_model_does_wrong_has_a_clear_end(
    simulated: Harness, key: str, fault: str
):
    for on in ("", " on=1", " on=2", " on=3 times=2"):
        simulated.forget()
        result = await simulated.run(spec(key, f"What is 6*7? [sim: {fault}{on}]"))
        assert result.answer or result.error, on
        if result.status == "failed":
            assert result.error, on
            assert result.error["code"] != "internal", on
