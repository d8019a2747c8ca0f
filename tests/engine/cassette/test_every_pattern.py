"""Each pattern's run, recorded and played again: tools and parallel branches included."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import orjson
import pytest

from runs.engine.answer_schema import ready
from runs.engine.cassette.changes import Changed, another_result
from runs.engine.cassette.player import Player
from runs.engine.cassette.tape import Tape
from runs.engine.errors import Refused
from runs.engine.registry import PATTERNS
from runs.engine.types import Hold, Purse, Spec, StepStart
from tests.engine.cassette.recording import RecordingJournal, tape_of
from tests.engine.harness import Harness
from tests.engine.patterns.simulated import simulator

TOOLS = ("calculator", "current_time", "web_search")
TASK = "What is 6*7, and what is 12*12?"
EVERY = pytest.mark.parametrize("key", [*PATTERNS])


class Poor(RecordingJournal):
    """Has money for so many calls and the closing one, and says so when it is asked."""

    def __init__(self, calls: int, *, closing: bool = True) -> None:
        super().__init__()
        self.calls = calls
        self.closing = closing

    async def affords(self, *bound: Any) -> Purse:
        return Purse("0.05", 3)

    async def hold(self, start: StepStart) -> Hold:
        if start.closing and not self.closing:
            raise Refused("budget_exceeded", "no money left")
        if not start.closing and self.calls == 0:
            raise Refused("budget_exceeded", "no money left")
        self.calls -= not start.closing
        return await super().hold(start)


@pytest.fixture
async def simulated() -> AsyncIterator[Harness]:
    async with simulator() as url:
        harness = Harness(url)
        harness.secrets = {"search_url": url.replace("/v1", "/sim/search")}
        yield harness
        await harness.model.close()


async def recorded(engine: Harness, key: str, journal: Any = None, **changes: Any) -> Tape:
    spec = replace(Spec(TASK, key, "m-1", tools=TOOLS), **changes)
    engine.journal = journal = journal or RecordingJournal()
    result = await engine.run(spec)
    return tape_of(spec, result, journal, journal.tools)


@EVERY
async def test_it_is_played_as_it_was_recorded(simulated: Harness, key: str):
    tape = await recorded(simulated, key)
    player = Player(tape)
    result = await player.run()
    assert another_result(tape, result) is None
    # What goes on side by side ends in another order.
    assert sorted(map(str, player.journal.events)) == sorted(map(str, simulated.journal.events))


@EVERY
async def test_so_is_an_answer_by_schema(simulated: Harness, key: str):
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    tape = await recorded(simulated, key, answer_schema=orjson.dumps(ready(schema)).decode())
    result = await Player(tape).run()
    assert another_result(tape, result) is None
    assert orjson.loads(result.answer or "").keys() == {"a"}


@EVERY
async def test_a_changed_prompt_is_told_with_its_difference(simulated: Harness, key: str):
    tape = await recorded(simulated, key)
    pattern = PATTERNS[key]
    first = pattern.step_of(tape.calls[0].key)
    assert first
    prompts = {first.key: {"system": f"{first.system}\nBe quick."}}
    with pytest.raises(Changed) as caught:
        await Player(tape).run(prompts=prompts)
    said = str(caught.value)
    key_of_it = said.partition(":")[0]
    assert pattern.step_of(key_of_it) == first
    added = [line for line in said.splitlines() if line.startswith("+") and line != "+++ now"]
    assert added == ["+Be quick."]


@EVERY
@pytest.mark.parametrize("closing", [True, False])
async def test_where_the_money_ran_out_it_runs_out_again(
    simulated: Harness, key: str, closing: bool
):
    for affordable in (0, 1, 3):
        tape = await recorded(simulated, key, Poor(affordable, closing=closing))
        result = await Player(tape).run()
        assert another_result(tape, result) is None, affordable


@pytest.mark.parametrize("fault", ["broken_json", "refuse", "empty", "length", "status=400"])
async def test_what_went_wrong_then_goes_wrong_again(simulated: Harness, fault: str):
    for key in ("react", "rewoo", "storm"):
        tape = await recorded(simulated, key, task=f"{TASK} [sim: {fault} on=2]")
        assert another_result(tape, await Player(tape).run()) is None, key
