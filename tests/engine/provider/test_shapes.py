"""Shapes of real endpoints' streams: each is read the same however its bytes are cut."""

import json
from itertools import pairwise
from typing import Any, NamedTuple

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runs.engine.provider.stream import StreamReader
from runs.engine.types import Usage

COUNT = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
COUNTED = Usage(100, 0, 20)
DONE = b"data: [DONE]\n\n"


class Shape(NamedTuple):
    """A stream, and what it says. `calls` are (name, arguments)."""

    raw: bytes
    content: str = "42"
    calls: tuple[tuple[str, str], ...] = ()
    usage: Usage | None = COUNTED
    finish: str = "stop"
    thinking: str = ""
    live: str | None = None  # what is shown meanwhile, where it isn't the content


def data(value: Any) -> bytes:
    return b"data: " + (value if isinstance(value, bytes) else orjson.dumps(value)) + b"\n\n"


def delta(delta: Any, finish: str | None = None, **more: Any) -> bytes:
    return data({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more})


def tail(finish: str = "stop") -> bytes:
    return delta({}, finish) + data({"choices": [], "usage": COUNT}) + DONE


def call(name: str | None, arguments: Any, **more: Any) -> dict[str, Any]:
    return {"function": {"name": name, "arguments": arguments}, **more}


def calls(*fragments: dict[str, Any]) -> bytes:
    return b"".join(delta({"tool_calls": [one]}) for one in fragments) + tail("tool_calls")


TEXT = delta({"role": "assistant", "content": ""}) + delta({"content": "4"})
TEXT += delta({"content": "2"}) + tail()
CALC, TIME = ("calculator", '{"e": "6*7"}'), ("current_time", '{"tz": "UTC"}')
HALVES = rb'{"choices":[{"delta":{"content":"%s"}}]}'

SHAPES = {
    "plain": Shape(TEXT),
    "crlf": Shape(TEXT.replace(b"\n", b"\r\n")),
    "cr": Shape(TEXT.replace(b"\n", b"\r")),
    "byte-order mark": Shape(b"\xef\xbb\xbf" + TEXT),
    "no space": Shape(TEXT.replace(b"data: ", b"data:")),
    "no blank lines": Shape(TEXT.replace(b"\n\n", b"\n")),
    "comments and other fields": Shape(
        TEXT.replace(b"data: ", b": wait\n\nevent: message\nid: 7\nretry: 10\ndata: ")
    ),
    "one event on several lines": Shape(
        b'data: {"choices": [\ndata: {"delta": {"content": "42"}}\ndata: ]}\n\n' + tail()
    ),
    "no blank line at the end": Shape(TEXT.removesuffix(b"\n\n")),
    "a whole body": Shape(
        orjson.dumps(
            {
                "choices": [{"message": {"content": "42"}, "finish_reason": "stop"}],
                "usage": COUNT,
            },
            option=orjson.OPT_INDENT_2,
        )
    ),
    "halves of a pair": Shape(
        data(HALVES % rb"ok \ud83d") + data(HALVES % rb"\ude42 42") + tail(), "ok 🙂 42"
    ),
    "half a pair": Shape(data(HALVES % rb"a\ud83d") + data(HALVES % b"b") + tail(), "a\ufffdb"),
    "NUL": Shape(delta({"content": "4\x002"}) + tail()),
    "message for delta": Shape(data({"choices": [{"message": {"content": "42"}}]}) + tail()),
    "no last word": Shape(delta({"content": "42"}) + data({"usage": COUNT}) + DONE),
    "no last word, no mark": Shape(delta({"content": "42"}) + data({"usage": COUNT})),
    "too long": Shape(delta({"content": "42"}) + tail("MAX_TOKENS"), finish="length"),
    "filtered": Shape(delta({"content": "42"}) + tail("SAFETY"), finish="content_filter"),
    "parts": Shape(
        delta({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]})
        + delta({"content": [{"type": "text", "text": "42"}]})
        + tail(),
        thinking="hm",
    ),
    "nulls": Shape(
        data({"choices": [{"delta": None}]})
        + delta({"content": None, "tool_calls": None}, "")
        + data({"choices": None, "usage": None})
        + TEXT
    ),
    "reasoning fields": Shape(
        delta({"reasoning_content": "six", "content": None})
        + delta({"reasoning_content": " times"})
        + TEXT,
        thinking="six times",
    ),
    "think tags": Shape(
        delta({"content": "\n<thi"})
        + delta({"content": "nk>hm</th"})
        + delta({"content": "ink>\n"})
        + TEXT,
        thinking="hm",
    ),
    "only the last tag": Shape(
        delta({"content": "hm\n</think>\n\n42"}) + tail(),
        thinking="hm",
        live="hm\n</think>\n\n42",
    ),
    "a tag as text": Shape(
        delta({"content": "Use <think> and </think>."}) + tail(), "Use <think> and </think>."
    ),
    "usage beside the choice": Shape(
        data({"choices": [{"delta": {"content": "42"}, "finish_reason": "stop", "usage": COUNT}]})
        + DONE
    ),
    "usage of x_groq": Shape(
        TEXT.replace(b'"usage":', b'"x_groq":{"usage":', 1).replace(
            b'"total_tokens":120}}', b'"total_tokens":120}}}'
        )
    ),
    "one index": Shape(
        calls(call(*CALC, id="a", index=0), call(*TIME, id="b", index=0)),
        "",
        (CALC, TIME),
        finish="tool_calls",
    ),
    "one index, one tool": Shape(
        calls(
            call(*CALC, id="a", index=0),
            call("calculator", '{"e"', id="b", index=0),
            call(None, ': "1"}', index=0),
        ),
        "",
        (CALC, ("calculator", '{"e": "1"}')),
        finish="tool_calls",
    ),
    "no index": Shape(
        calls(call(*CALC, id="a"), call(*TIME, id="b")), "", (CALC, TIME), finish="tool_calls"
    ),
    "no index, no ids": Shape(
        calls(call(*CALC), call(*TIME)), "", (CALC, TIME), finish="tool_calls"
    ),
    "indexes of mixed types": Shape(
        calls(
            call(*CALC, id="a", index="0"),
            call("current_time", "", id="b", index=1),
            call(None, TIME[1], index=1.0),
        ),
        "",
        (CALC, TIME),
        finish="tool_calls",
    ),
    "an id for each fragment": Shape(
        calls(
            call("calculator", '{"e":', id="1", index=0),
            call("", ' "6*', id="2", index=0),
            call("", '7"}', id="3", index=0),
        ),
        "",
        (CALC,),
        finish="tool_calls",
    ),
    "names and ids repeated": Shape(
        calls(
            call("calculator", '{"e":', id="a", index=0),
            call("calculator", ' "6*7"}', id="a", index=0),
        ),
        "",
        (CALC,),
        finish="tool_calls",
    ),
    "arguments sent again": Shape(
        calls(
            call("calculator", '{"e": ', id="a", index=0),
            call(None, '"6*7"}', index=0),
            call("calculator", CALC[1], id="a", index=0),
        ),
        "",
        (CALC,),
        finish="tool_calls",
    ),
    "arguments as an object": Shape(
        calls(call("calculator", {"e": "6*7"}, id="a", index=0)),
        "",
        (("calculator", '{"e":"6*7"}'),),
        finish="tool_calls",
    ),
    "a function call of the oldest kind": Shape(
        delta({"function_call": {"name": "calculator", "arguments": CALC[1]}}) + tail("stop"),
        "",
        (CALC,),
        finish="tool_calls",
    ),
}


def check(shape: Shape, parts: list[bytes]) -> None:
    reader = StreamReader()
    live = "".join([reader.feed(part) for part in parts if not reader.done])
    if not reader.done:
        live += reader.end()
    reply = reader.reply()
    assert reply is not None, (reader.fault, reader.error)
    assert reply.content == shape.content
    assert tuple((one.name, one.arguments) for one in reply.tool_calls) == shape.calls
    assert len({one.id for one in reply.tool_calls}) == len(shape.calls)
    assert (reader.usage, reply.finish_reason) == (shape.usage, shape.finish)
    assert reply.thinking == shape.thinking
    assert live.rstrip() == (shape.content if shape.live is None else shape.live)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=list(SHAPES))
def test_each_is_read(shape: Shape):
    check(shape, [shape.raw])


@pytest.mark.parametrize("shape", SHAPES.values(), ids=list(SHAPES))
def test_each_is_read_byte_by_byte(shape: Shape):
    check(shape, [shape.raw[at : at + 1] for at in range(len(shape.raw))])


@given(st.sampled_from(list(SHAPES.values())), st.data())
@settings(max_examples=300)
def test_it_does_not_matter_how_they_are_cut(shape: Shape, drawn: st.DataObject):
    cuts = drawn.draw(st.lists(st.integers(0, len(shape.raw)), max_size=6))
    edges = [0, *sorted(cuts), len(shape.raw)]
    check(shape, [shape.raw[a:b] for a, b in pairwise(edges)])


NAMES = (
    *("choices", "delta", "message", "content", "text", "type", "finish_reason", "error"),
    *("tool_calls", "function", "name", "arguments", "index", "id", "reasoning_details"),
    *("usage", "x_groq", "prompt_tokens"),
)
ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(NAMES),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(st.lists(ANY_JSON, max_size=5))
@settings(max_examples=500)
def test_any_json_at_any_place_is_an_answer_or_a_fault(chunks: list[Any]):
    reader = StreamReader()
    for chunk in chunks:
        reader.feed(data(json.dumps(chunk).encode()))
    reader.end()
    assert isinstance(reader.received, str)
    reader.received.encode()
    reply, _ = reader.reply(), reader.usage
    if reply is not None:
        orjson.dumps(reply)
