"""An answer by schema, of every pattern: whichever call writes it, at whatever endpoint."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from agentsite.simulator.answer import answer as simulated_answer
from agentsite.simulator.faults import Faults
from agentsite.simulator.protocol.chat import parse_chat
from runs.engine.answer_schema import ready
from runs.engine.calls.closing import closing_bound
from runs.engine.memory import MemoryJournal
from runs.engine.registry import PATTERNS
from runs.engine.stop_reasons import MISMATCH, is_in_form
from runs.engine.types import Result, Spec
from tests.engine.harness import Died, Harness, Mortal, Poor
from tests.engine.provider.dialects.strict import STRICT
from tests.engine.scripted import Answer, Body, Provider, Refuse, Say

SCHEMA = {
    "title": "What was found",
    "type": "object",
    "properties": {
        "in_short": {"type": "string", "maxLength": 40},
        "result": {"type": ["integer", "null"], "minimum": 1},
    },
    "required": ["in_short"],
}
GOOD = {"in_short": "It is 42.", "result": 42}
TOO_SMALL = {"in_short": "It is 42.", "result": 0}
PARAMS: dict[str, dict[str, Any]] = {"storm": {"allow_no_sources": True, "max_sections": 2}}
TIERS = ["native", "json_schema", "json_schema and forced tools", "any JSON"]
EVERY = pytest.mark.parametrize("key", [*PATTERNS])


def spec(key: str, **changes: Any) -> Spec:
    whole = Spec(
        "What is 6*7, and what is 12*12?",
        key,
        "m-1",
        PARAMS.get(key, {}),
        ("calculator", "current_time"),
        answer_schema=orjson.dumps(ready(SCHEMA)).decode(),
    )
    return replace(whole, **changes)


def in_form(body: Body) -> bool:
    """True where this request asks for the form, in whichever way."""
    last = str(body["messages"][-1]["content"])
    asked = [body.get("response_format"), body.get("tools"), "JSON schema:" in last and last]
    return b"in_short" in orjson.dumps(asked)


class Endpoint:
    """The simulator's model, but what it says in the form is given, and tiers are refused."""

    def __init__(self) -> None:
        self.tier = "native"
        self.says: list[dict[str, Any]] = []
        self.asked = 0

    def __call__(self, body: Body) -> Answer:
        strict = STRICT.get(self.tier)
        if strict and strict.breaks(body):
            return Refuse(strict.status, strict.words, strict.code)
        if not in_form(body):
            return simulated(body)
        self.asked += 1
        text = orjson.dumps(self.says.pop(0) if self.says else GOOD).decode()
        if isinstance(body.get("tool_choice"), dict):
            return Say(calls=((body["tool_choice"]["function"]["name"], text),))
        return Say(text)


def simulated(body: Body) -> Say:
    if isinstance(body.get("tool_choice"), dict):
        return Say(calls=((body["tool_choice"]["function"]["name"], structured(body)),))
    reply = simulated_answer(parse_chat(orjson.dumps(body), frozenset({"m-1"})), Faults())
    return Say(reply.content, tuple((call.name, call.arguments) for call in reply.calls))


def structured(body: Body) -> str:
    """What the simulator says to the same question where it can be asked for a schema."""
    function = body["tools"][0]["function"]
    named = {"name": function["name"], "strict": True, "schema": function["parameters"]}
    asked = {name: value for name, value in body.items() if name not in ("tools", "tool_choice")}
    asked["response_format"] = {"type": "json_schema", "json_schema": named}
    return simulated(asked).text


@pytest.fixture
def model(provider: Provider) -> Endpoint:
    endpoint = Endpoint()
    provider.answer = endpoint
    return endpoint


async def bought(engine: Harness, key: str, **changes: Any) -> tuple[Result, list[str]]:
    engine.forget()
    result = await engine.run(spec(key, **changes))
    return result, engine.keys


def answer_of(result: Result) -> Any:
    return orjson.loads(result.answer or "")


@EVERY
@pytest.mark.parametrize("tier", TIERS)
async def test_it_is_in_the_form_at_every_tier(
    engine: Harness, model: Endpoint, key: str, tier: str
):
    model.tier = tier
    result, keys = await bought(engine, key)
    assert (result.status, result.answer_kind) == ("succeeded", "final")
    assert answer_of(result) == GOOD
    assert is_in_form(result.answer_kind, result.stop_reason)
    assert engine.codes() == []
    pattern = PATTERNS[key]
    least, _, most = pattern.formula(pattern.params.model_validate(PARAMS.get(key, {})), form=True)
    assert least <= len(keys) <= most
    written_by = pattern.step_of(keys[-1])
    assert written_by
    assert written_by.writes


@EVERY
async def test_a_wrong_one_is_repaired_once(engine: Harness, model: Endpoint, key: str):
    model.says = [TOO_SMALL]
    result, keys = await bought(engine, key)
    assert result.answer_kind == "final"
    assert answer_of(result) == GOOD
    assert keys[-1].endswith("/repair")
    assert engine.codes() == ["repair"]


@EVERY
async def test_one_that_is_wrong_twice_is_no_final_answer(
    engine: Harness, model: Endpoint, key: str
):
    model.says = [TOO_SMALL, TOO_SMALL]
    result, _ = await bought(engine, key)
    assert (result.status, result.answer_kind) == ("succeeded", "best_effort")
    assert result.stop_reason == MISMATCH
    assert result.answer
    assert "At $.result: 0 is less than the minimum of 1." in result.warnings[-1]
    assert not is_in_form(result.answer_kind, result.stop_reason)
    assert model.asked == 2


@EVERY
async def test_out_of_money_at_any_call_it_closes_in_the_form(
    engine: Harness, model: Endpoint, key: str
):
    _, calls = await bought(engine, key)
    for affordable in range(len(calls)):
        engine.journal = journal = Poor(affordable)
        result = await engine.run(spec(key))
        assert (result.status, answer_of(result)) == ("succeeded", GOOD), affordable
        assert len(journal.steps) == affordable + 1
        start, _ = journal.steps[-1]
        _, most_input, _ = closing_bound(spec(key), PATTERNS[key].closing)
        assert start.closing
        assert start.max_input_tokens <= most_input


@EVERY
async def test_a_closing_call_that_is_wrong_is_not_passed_off(
    engine: Harness, model: Endpoint, key: str
):
    engine.journal = Poor(0)
    model.says = [TOO_SMALL]
    result = await engine.run(spec(key))
    assert (result.answer_kind, result.stop_reason) == ("partial", "budget")
    assert "0 is less than the minimum" in result.warnings[-1]
    assert not is_in_form(result.answer_kind, result.stop_reason)


@EVERY
async def test_killed_after_any_call_it_goes_on_and_buys_nothing_twice(
    engine: Harness, model: Endpoint, key: str
):
    _, calls = await bought(engine, key)
    for dies_after in calls:
        engine.journal = journal = Mortal(dies_after)
        with pytest.raises(Died):
            await engine.run(spec(key))
        assert answer_of(await engine.run(spec(key))) == GOOD, dies_after
        finished = [start.key for start, end in journal.steps if end and end.status == "done"]
        assert sorted(finished) == sorted(calls), dies_after


@EVERY
async def test_each_call_knows_what_is_wanted_in_the_end(
    engine: Harness, model: Endpoint, key: str
):
    await bought(engine, key)
    for start, _ in engine.journal.steps:
        assert spec(key).answer_schema in start.request["messages"][0]["content"], start.key


async def test_a_text_that_is_in_the_form_already_costs_no_further_call(
    engine: Harness, provider: Provider
):
    provider.script = [Say(f"Here it is:\n```json\n{orjson.dumps(GOOD).decode()}\n```")]
    result, keys = await bought(engine, "react")
    assert answer_of(result) == GOOD
    assert keys == ["react/t1/think"]


async def test_a_run_that_used_all_its_turns_closes_in_the_form(engine: Harness, model: Endpoint):
    result, keys = await bought(engine, "react", params={"max_iterations": 1})
    assert (result.answer_kind, result.stop_reason) == ("best_effort", "max_iterations")
    assert answer_of(result) == GOOD
    assert keys == ["react/t1/think", "react/close"]


@pytest.mark.parametrize(
    "failing", [Refuse(500), Say(refusal="I won't."), Say("")], ids=["error", "refusal", "empty"]
)
async def test_where_it_can_t_be_brought_into_it_the_text_is_kept(
    engine: Harness, provider: Provider, failing: Answer
):
    provider.answer = lambda body: failing if in_form(body) else Say("It is 42.")
    result, _ = await bought(engine, "reflection", params={"max_reflection_cycles": 0})
    assert (result.status, result.stop_reason) == ("succeeded", MISMATCH)
    assert result.answer == "It is 42."
    assert result.warnings


async def test_without_any_money_left_the_text_is_kept(engine: Harness, provider: Provider):
    provider.answer = lambda body: Say("It is 42.")
    engine.journal = Poor(1, closing=False)
    result = await engine.run(spec("reflection", params={"max_reflection_cycles": 0}))
    assert (result.answer, result.stop_reason) == ("It is 42.", MISMATCH)


async def test_what_is_too_long_to_be_brought_into_it_is_said(
    engine: Harness, provider: Provider, model: Endpoint
):
    provider.script = [Say("It is 42. " * 4000)]
    result, _ = await bought(engine, "reflection", params={"max_reflection_cycles": 0})
    assert answer_of(result) == GOOD
    assert result.warnings == ("The answer was shortened before it was put into its form.",)


async def test_cancelled_while_it_is_brought_into_it_the_text_is_shown(
    engine: Harness, provider: Provider
):
    def halting(type: str, data: dict[str, Any]) -> None:
        if type == "step.started" and data["key"] == "reflection/form":
            engine.stop.halt("cancelled")

    provider.answer = lambda body: Say("It is 42.")
    engine.journal = MemoryJournal(halting)
    result = await engine.run(spec("reflection", params={"max_reflection_cycles": 0}))
    assert (result.status, result.answer) == ("cancelled", "It is 42.")
