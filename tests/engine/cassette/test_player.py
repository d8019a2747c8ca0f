"""A tape is read with care, and what has changed since is told."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from runs.engine.cassette.changes import Changed
from runs.engine.cassette.player import Player, load
from runs.engine.cassette.tape import NoTape, RecordedCall, RecordedTool, Tape, loads
from runs.engine.clock import SystemClock
from runs.engine.context import Context
from runs.engine.pattern import Params, Pattern
from runs.engine.patterns.react import THINK
from runs.engine.registry import PATTERNS
from runs.engine.step import Step
from runs.engine.tools.tool import Outcome, ToolContext
from runs.engine.types import Reply, Result, Spec, ToolCall, Usage

ASK = Step("ask", "Asking", "thinking", "Answer.", "{task}")


class Twice(Pattern[Params]):
    """Asks the same twice, side by side."""

    key = "twice"
    label = "Twice"
    summary = "To be played."
    steps = (ASK,)
    closing = ASK
    asked = ("ask/1", "ask/2")

    def __init__(self, ctx: Context, options: Params) -> None:
        super().__init__(ctx, options)

    @classmethod
    def calls(cls, options: Params) -> tuple[int, int, int]:
        return 2, 2, 2

    async def work(self) -> Result:
        asking = [self.ctx.request(ASK, place, self.ctx.messages(ASK)) for place in self.asked]
        answers = await self.ctx.gather(*(self.ctx.text(one, "answer") for one in asking))
        return self.ctx.succeeded(" ".join(answer.text for answer in answers))


@pytest.fixture(autouse=True)
def _twice(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(PATTERNS, "twice", Twice)


def said(key: str, text: str) -> RecordedCall:
    messages = [{"role": "system", "content": "Answer."}, {"role": "user", "content": "What?"}]
    reply = Reply(text, (), "stop", "m-1")
    return RecordedCall(f"twice/{key}", "m-1", messages, [], None, reply, Usage(7, 0, 1), None)


def tape(*calls: RecordedCall, **changes: Any) -> Tape:
    result = Result("succeeded", "one two", "final", "completed")
    whole = Tape(Spec("What?", "twice", "m-1"), result, calls, ())
    return replace(whole, **changes)


WHOLE = tape(said("ask/1", "one"), said("ask/2", "two"))


def changed(player: Player) -> str:
    with pytest.raises(Changed) as caught:
        player.check()
    return str(caught.value)


def test_equal_questions_get_their_own_answers():
    assert Player(WHOLE).check().answer == "one two"


def test_an_answer_that_nobody_asks_for_any_more_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Twice, "asked", ("ask/1",))
    assert changed(Player(WHOLE)) == "On the cassette, and not made any more: twice/ask/2."


def test_a_call_that_was_not_made_then_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Twice, "asked", ("ask/1", "ask/3"))
    assert changed(Player(WHOLE)) == "twice/ask/3: this call isn’t on the cassette."


def test_another_model_is_a_change():
    said = changed(Player(replace(WHOLE, spec=replace(WHOLE.spec, model="m-2"))))
    assert "-model: m-1\n+model: m-2" in said


def test_another_result_is_told_with_its_difference():
    result = replace(WHOLE.result, answer="one")
    said = changed(Player(replace(WHOLE, result=result)))
    assert said.startswith("The result has changed.")
    assert "-one\n+one two" in said


def test_a_tool_call_that_was_not_made_then_is_told():
    call = ToolCall("c0", "calculator", '{"expression": "6*7"}')
    spec = Spec("What?", "react", "m-1", tools=("calculator",))
    messages = [
        {"role": "system", "content": THINK.system},
        {"role": "user", "content": "What?"},
    ]
    asked = RecordedCall(
        "react/t1/think",
        "m-1",
        messages,
        Player(tape(spec=spec)).tools.specs(),
        None,
        Reply("", (call,), "tool_calls", "m-1"),
        None,
        None,
    )
    other = RecordedTool("react/t1/tool/1", "calculator", '{"expression": "1"}', {})
    other.response.update(text="1", code="")
    said = changed(Player(tape(asked, spec=spec, tools=(other,))))
    assert said == 'calculator({"expression":"6*7"}): this call isn’t on the cassette.'


async def test_a_tool_of_another_server_is_played_from_its_declaration():
    declared = {
        "server": "desk",
        "name": "look_up",
        "label": "Look up",
        "description": "Looks up.",
        "schema": {"type": "object"},
        "effect": "read",
    }
    spec = Spec("What?", "react", "m-1", tools=("desk__look_up",))
    spec = replace(spec, declared={"desk__look_up": declared})
    kept = RecordedTool("react/t1/tool/1", "desk__look_up", '{"b":1,"a":2}', {})
    kept.response.update(text="It is 7.", code="")
    tools = Player(loads(tape(spec=spec, tools=(kept,)).dumps())).tools.reading()
    found = await tools.run("desk__look_up", {"a": 2, "b": 1}, ToolContext(SystemClock()))
    assert found == Outcome("It is 7.")


def test_what_was_taken_over_from_another_run_may_be_worded_otherwise():
    first, second = said("ask/1", "one"), said("ask/2", "two")
    other = [{"role": "user", "content": "Something else?"}]
    forked = tape(replace(first, messages=other, taken=True), second)
    assert Player(loads(forked.dumps())).check().answer == "one two"
    assert "Something else?" in changed(Player(tape(replace(first, messages=other), second)))


def test_what_no_tape_has_is_refused(tmp_path: Path):
    whole = orjson.loads(WHOLE.dumps())
    for text, why in (
        (b"", "This is no cassette"),
        (b"[]", "This is no cassette"),
        (b'{"format": "else"}', "This is no cassette"),
        (orjson.dumps(whole | {"version": 2}), "version 2; 1 is read here"),
        (orjson.dumps(whole | {"spec": whole["spec"] | {"new": 1}}), "made by another release"),
        (orjson.dumps(whole | {"calls": [{}]}), "made by another release"),
        (orjson.dumps(whole | {"calls": 7}), "made by another release"),
    ):
        with pytest.raises(NoTape, match=why):
            loads(text)
    with pytest.raises(OSError, match="no-such-file"):
        load(tmp_path / "no-such-file")


def test_what_is_not_installed_is_named():
    with pytest.raises(NoTape, match="no pattern “dance” here"):
        Player(tape(spec=replace(WHOLE.spec, pattern="dance")))
    with pytest.raises(NoTape, match="no tool “saw” here"):
        Player(tape(spec=replace(WHOLE.spec, tools=("saw",))))


def test_it_is_the_same_after_it_was_written():
    assert loads(WHOLE.dumps()) == WHOLE
