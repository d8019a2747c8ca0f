"""Fragments of tool calls, as endpoints are known to send them, gathered into calls."""

from typing import Any

import orjson
import pytest

from runs.engine.provider.tool_calls import Gatherer
from runs.engine.types import ToolCall

ONE, TWO = '{"e": 1}', '{"e": 2}'
NO_CALLS: tuple[dict[str, Any], ...] = ({"index": 0, "id": "a", "type": "function"},)


def part(index: Any = 0, id: Any = None, name: Any = None, args: Any = None, **more: Any) -> Any:
    """A fragment with the fields that are given."""
    function = {"name": name, "arguments": args}
    fragment = {"index": index, "id": id, **more}
    return {k: v for k, v in fragment.items() if v is not None} | {
        "function": {k: v for k, v in function.items() if v is not None}
    }


def gathered(*fragments: Any) -> tuple[ToolCall, ...]:
    gatherer = Gatherer()
    for fragment in fragments:
        gatherer.take(fragment)
    return gatherer.calls()


def read(*fragments: Any) -> list[tuple[str, Any]]:
    return [(call.name, orjson.loads(call.arguments or "{}")) for call in gathered(*fragments)]


@pytest.mark.parametrize(
    "fragments",
    {
        "an id of its own each": (part(0, "a", "n", ONE), part(0, "b", "n", TWO)),
        "another name": (part(0, None, "n", ONE), part(0, None, "m", TWO)),
        "the same name anew": (part(0, None, "n", ONE), part(0, None, "n", TWO)),
        "one id for both": (part(0, "a", "n", ONE), part(1, "a", "n", TWO)),
        "no index": (part(None, "a", "n", ONE), part(None, "b", "n", TWO)),
        "the same words twice": (part(0, "a", "n", ONE), part(0, "b", "n", ONE)),
        "objects": (part(0, "a", "n", {"e": 1}), part(0, "b", "n", {"e": 2})),
        "mixed by id without index": (
            part(None, "a", "n", '{"e":'),
            part(None, "b", "m", '{"e":'),
            part(None, "a", None, "1}"),
            part(None, "b", None, "2}"),
        ),
        "mixed by id under one index": (
            part(0, "a", "n", '{"e":'),
            part(0, "b", "m", '{"e":'),
            part(0, "a", None, "1}"),
            part(0, "b", None, "2}"),
        ),
        "one id, mixed by index": (
            part(0, "a", "n", '{"e":'),
            part(1, "a", "m", '{"e":'),
            part(0, "a", None, "1}"),
            part(1, "a", None, "2}"),
        ),
        "ids that are none": (
            part(0, "a", "n", '{"e":'),
            part(1, "b", "m", '{"e":'),
            part(0, "null", "", "1}"),
            part(1, "null", "", "2}"),
        ),
        "only ids that are none": (part(0, "None", "n", ONE), part(0, "None", "n", TWO)),
        "mixed by index": (
            part(0, "a", "n", '{"e":'),
            part(1, "b", "m", '{"e":'),
            part("0", None, None, "1}"),
            part(1.0, None, None, "2}"),
        ),
    }.items(),
    ids=lambda named: named[0].replace(" ", "-"),
)
def test_two_calls_are_two(fragments: tuple[str, Any]):
    calls = gathered(*fragments[1])
    assert all(orjson.loads(call.arguments)["e"] in (1, 2) for call in calls)
    assert len({call.id for call in calls}) == 2


@pytest.mark.parametrize(
    "fragments",
    {
        "an id of its own in each": [
            part(0, f"call_{at}", "n" if at == 0 else "", text)
            for at, text in enumerate(('{"e"', ": ", "1}"))
        ],
        "id and name in each": [part(0, f"c{i}", "n", t) for i, t in enumerate(('{"e"', ": 1}"))],
        "a name in pieces": [part(0, "a", "n", ""), part(0, None, None, ONE)],
        "index only later": [part(None, "a", "n", '{"e":'), part(0, None, None, "1}")],
        "index only first": [part(3, "a", "n", '{"e":'), part(None, None, None, "1}")],
        "index as text": [part("0", "a", "n", '{"e":'), part(0, None, None, "1}")],
        "sent again whole": [part(0, "a", "n", '{"e":'), part(0, args=" 1}"), part(0, args=ONE)],
        "again with the name": [
            part(0, "a", "n", '{"e": 1'),
            part(0, args="}"),
            part(0, "a", "n", ONE),
        ],
        "again without the id": [part(0, "a", "n", ONE), part(0, None, "n", ONE)],
        "again in other blanks": [part(0, "a", "n", ONE), part(0, args='{"e":1}')],
        "longer each time": [
            part(0, "a", "n", '{"e'),
            part(0, args='{"e":'),
            part(0, args='{"e":1}'),
        ],
        "an empty object first": [
            part(0, "a", "n", "{}"),
            part(0, args='{"e":'),
            part(0, args="1}"),
        ],
        "an empty object, no text": [
            part(0, "a", "n", {}),
            part(0, args='{"e":'),
            part(0, args="1}"),
        ],
        "an object": [part(0, "a", "n", {"e": 1})],
        "an object again": [part(0, "a", "n", {"e": 1}), part(0, "a", "n", {"e": 1})],
        "the name late": [part(0, "a", None, ""), part(0, None, "n", ONE)],
        "JSON in JSON": [part(0, "a", "n", '"{\\"e\\": 1}"')],
        "a template's mark behind it": [part(0, "a", "n", ONE + "<|eot_id|>")],
        "ended twice": [part(0, "a", "n", ONE), part(0, args='"}')],
        "in a block of code": [part(0, "a", "n", f"```json\n{ONE}\n```")],
        "other names of the arguments": [
            {"index": 0, "id": "a", "function": {"name": "n", "parameters": {"e": 1}}}
        ],
        "the template's namespace": [part(0, "a", "functions.n", ONE)],
        "a mark behind the name": [part(0, "a", "n<|channel|>commentary", ONE)],
        "no function around it": [{"index": 0, "id": "a", "name": "n", "arguments": ONE}],
        "a function that is its name": [{"id": "a", "function": "n", "arguments": ONE}],
        "the oldest form": [
            {"function": {"name": "n", "arguments": '{"e"'}},
            {"function": {"name": "n", "arguments": ": 1}"}},
        ],
    }.items(),
    ids=lambda named: named[0].replace(" ", "-"),
)
def test_one_call_is_one(fragments: tuple[str, Any]):
    assert read(*fragments[1]) == [("n", {"e": 1})]


def test_a_name_in_pieces_or_growing_is_one_name():
    assert read(part(0, "a", "cal"), part(0, None, "culator"))[0][0] == "calculator"
    assert read(part(0, "a", "cal"), part(0, "a", "calculator"))[0][0] == "calculator"


@pytest.mark.parametrize("none", [None, "", "null", "None", [], {}, '""'])
def test_no_arguments_are_an_empty_object(none: Any):
    assert read(part(0, "a", "n", none)) == [("n", {})]


def test_two_different_objects_in_one_call_stay_as_they_were_written():
    (call,) = gathered(part(0, "a", "n", ONE + TWO))
    assert call.arguments == ONE + TWO


def test_a_call_that_says_nothing_is_none():
    assert gathered(*NO_CALLS) == ()


def test_arguments_can_be_stored_whatever_was_escaped_in_them():
    (call,) = gathered(
        part(0, "a\0", "n\ud800", '{"e": "a\\ud83d'), part(0, args="b\\u00"), part(0, args='00c"}')
    )
    assert (call.id, call.name) == ("a", "n\ufffd")
    assert orjson.loads(call.arguments) == {"e": "a\ufffdbc"}


def test_what_came_beside_a_call_is_kept_whole_and_clean():
    (call,) = gathered(
        part(0, "a", "n", ONE, extra_content={"google": {"thought_signature": "c2\0ln"}}),
        part(0, signature="be"),
        part(0, signature="ta"),
    )
    assert call.beside == {
        "extra_content": {"google": {"thought_signature": "c2ln"}},
        "signature": "beta",
    }
