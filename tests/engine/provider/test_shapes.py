"""Shapes of real endpoints' streams: each is read the same however its bytes are cut."""

import json
from itertools import pairwise
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runs.engine.provider.stream import StreamReader
from tests.engine.provider.shapes import SHAPES, Shape, data


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
