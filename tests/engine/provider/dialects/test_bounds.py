"""Whatever dialect a request is sent in, it is no more than what was held for it."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from runs.engine import tokens
from runs.engine.provider.dialects.dialect import Dialect
from runs.engine.provider.dialects.native import native
from runs.engine.provider.dialects.openai import openai_body
from runs.engine.provider.dialects.rules import RULES
from runs.engine.types import ModelRequest, Origin

SCHEMA = {"title": "review", "type": "object", "properties": {"verdict": {"type": "string"}}}
TOOL = {"type": "function", "function": {"name": "calculator", "parameters": {"type": "object"}}}
LADDER = ("schema_as_tool", "json_mode", "json_as_text")


def turn(number: int, calls: int) -> list[dict[str, Any]]:
    """A turn with calls, and what the tools said."""
    ids = [f"call_{number}_{place}" for place in range(calls)]
    asked = [
        {"id": one, "type": "function", "function": {"name": "calculator", "arguments": "{}"}}
        for one in ids
    ]
    said = [{"role": "tool", "tool_call_id": one, "content": ""} for one in ids]
    return [{"role": "assistant", "content": None, "tool_calls": asked}, *said]


OPENING = [{"role": "system", "content": "S"}, {"role": "user", "content": "U"}]
CLOSE = [{"role": "user", "content": "Answer."}]
REQUESTS = {
    "plain": ModelRequest("m", OPENING, 10),
    "a schema": ModelRequest("m", OPENING, 10, schema=SCHEMA),
    "a long conversation": ModelRequest(
        "m",
        [*OPENING, *(message for number in range(8) for message in turn(number, 4)), *CLOSE],
        10,
        tools=[TOOL],
        tool_choice="none",
    ),
}
ORIGIN = Origin("run-1", "somebody")
OWN = {
    f"{name}, to OpenAI": replace(
        one, model="gpt-9", parallel=False, effort="max", verbosity="low", origin=ORIGIN
    )
    for name, one in REQUESTS.items()
}
BODIES = {name: (one, native(one)) for name, one in REQUESTS.items()}
BODIES |= {name: (one, openai_body(one)) for name, one in OWN.items()}
ALL = pytest.mark.parametrize(("request_", "body"), BODIES.values(), ids=list(BODIES))


def counted(body: dict[str, Any]) -> int:
    """The bytes of what is billed as input: nothing else of the body is."""
    schema = body.get("response_format")
    framing = tokens.FRAMING + tokens.PER_MESSAGE * len(body["messages"])
    return len(orjson.dumps([body["messages"], body.get("tools", []), schema])) + framing


@ALL
@pytest.mark.parametrize("rule", [rule.name for rule in RULES])
def test_no_rule_adds_more_than_was_held(rule: str, request_: ModelRequest, body: dict[str, Any]):
    names = {rule, *(LADDER[: LADDER.index(rule)] if rule in LADDER else ())}
    held = tokens.bound_input(request_.messages, request_.tools, request_.schema)
    assert counted(Dialect(frozenset(names)).phrase(body)) <= held


@ALL
def test_nor_do_all_of_them(request_: ModelRequest, body: dict[str, Any]):
    everything = Dialect(frozenset(rule.name for rule in RULES))
    held = tokens.bound_input(request_.messages, request_.tools, request_.schema)
    assert counted(everything.phrase(body)) <= held
