"""What holds for every pattern there is, played by the simulator."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from runs.engine.memory import MemoryJournal, MemoryStop, up_to
from runs.engine.pattern import AnyPattern
from runs.engine.registry import PATTERNS
from runs.engine.types import Result
from tests.engine.harness import Died, Harness, Mortal, Poor
from tests.engine.patterns.simulated import Traffic, spec
from tests.pace import LoopTime

KEYS = [*PATTERNS]
pytestmark = pytest.mark.parametrize("key", KEYS)


class When:
    """Acts once, when so many calls have begun."""

    def __init__(self, begun: int, act: Callable[[], None]) -> None:
        self.left = begun
        self.act = act

    def __call__(self, type: str, data: dict[str, Any]) -> None:
        self.left -= type == "step.started"
        if type == "step.started" and self.left == 0:
            self.act()


def least_params(pattern: AnyPattern) -> dict[str, Any]:
    """Each parameter that is a number at its least."""
    schema = pattern.params.model_json_schema().get("properties", {})
    return {name: field["minimum"] for name, field in schema.items() if "minimum" in field}


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


async def test_forked_at_any_step_it_buys_only_what_is_left(simulated: Harness, key: str):
    result, calls = await whole(simulated, key)
    finished = simulated.journal.finished
    artifacts = len(simulated.events("artifact"))
    for step in finished:
        taken = up_to(finished, step.key)
        simulated.journal = MemoryJournal(taken=taken)
        forked = await simulated.run(spec(key, model="m-2"))
        assert forked.answer == result.answer, step.key
        left = set(calls) - {one.key for one in taken}
        assert sorted(bought(simulated)) == sorted(left), step.key
        assert {start.model for start, _ in simulated.journal.steps} <= {"m-2"}
        assert simulated.codes() == [], step.key
        assert len(simulated.events("artifact")) == artifacts, step.key


async def test_forked_with_fewer_of_everything_it_still_ends(simulated: Harness, key: str):
    await whole(simulated, key)
    finished = simulated.journal.finished
    least = least_params(PATTERNS[key])
    for step in finished:
        simulated.journal = MemoryJournal(taken=up_to(finished, step.key))
        forked = await simulated.run(spec(key, params=least, custom_instructions="In French."))
        assert forked.status == "succeeded", step.key
        assert forked.answer, step.key


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


async def cut_in_stream(traffic: Traffic, number: int, stop: MemoryStop, reason: str) -> None:
    """Halt once the provider has begun to write so many answers; the last of them goes on."""
    traffic.begun = 0
    while traffic.begun < number:
        await asyncio.sleep(0.005)
    await asyncio.sleep(0.03)
    assert traffic.under_way
    stop.halt(reason)


@pytest.mark.parametrize(("reason", "status"), [("cancelled", "cancelled"), ("deadline", "failed")])
async def test_cut_in_any_stream_it_ends_at_once_and_so_does_the_stream(
    simulated: Harness, traffic: Traffic, key: str, reason: str, status: str
):
    _, calls = await whole(simulated, key)
    for number in range(1, len(calls) + 1):
        simulated.forget()
        simulated.stop = stop = MemoryStop()
        slow = f"What is 6*7, and what is 12*12? [sim: rate=2 on={number} times=9]"
        running = asyncio.create_task(simulated.run(spec(key, slow)))
        await cut_in_stream(traffic, number, stop, reason)
        async with LoopTime() as since:
            result = await running
            while traffic.under_way:
                await asyncio.sleep(0.005)
            assert since.seconds < 1.0, number
        assert (result.status, result.stop_reason) == (status, reason), number
        assert all(end for _, end in simulated.journal.steps), number


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
