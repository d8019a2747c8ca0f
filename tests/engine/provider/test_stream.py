"""The reader of streamed answers, on bytes cut anywhere."""

import json
import time
from itertools import pairwise

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.engine.provider.sse import MAX_LINE_BYTES
from runs.engine.provider.stream import StreamReader
from runs.engine.types import Usage
from tests.engine.scripted import Say, event

WHOLE = (
    b"".join(
        map(event, Say("grüße 🎈 [DONE]", calls=(("calculator", '{"expression": "1"}'),)).chunks())
    )
    + Say(calls=(("x", ""),)).ending()
)


def read(*parts: bytes) -> StreamReader:
    reader = StreamReader()
    for part in parts:
        reader.feed(part)
    return reader


@given(st.lists(st.integers(0, len(WHOLE)), max_size=6))
def test_it_does_not_matter_how_the_bytes_are_cut(cuts: list[int]):
    edges = [0, *sorted(cuts), len(WHOLE)]
    reader = read(*(WHOLE[a:b] for a, b in pairwise(edges)))
    reply = reader.reply()
    assert reply is not None
    assert reply.content == "grüße 🎈 [DONE]"
    assert [(c.id, c.name, c.arguments) for c in reply.tool_calls] == [
        ("c0", "calculator", '{"expression": "1"}')
    ]
    assert (reader.done, reader.usage) == (True, Usage(100, 0, 10))


def test_other_endpoints_spellings_are_read():
    reader = read(
        b": comment\r\nevent: message\r\n",
        b'data:{"choices":[{"delta":{"role":"assistant","content":"a"}}],"usage":null}\r\n\r\n',
        b'data: {"choices":[{"delta":{"content":"b"},"finish_reason":"stop"}]}\n\n',
    )
    reply = reader.reply()
    assert reply is not None
    assert reply.content == "ab"
    assert not reader.done


def test_whole_unnumbered_tool_calls_are_kept_apart():
    calls = [
        {"id": "a", "function": {"name": "one", "arguments": "{}"}},
        {"id": "b", "function": {"name": "two", "arguments": "{}"}},
    ]
    reader = read(*(event({"choices": [{"delta": {"tool_calls": [call]}}]}) for call in calls))
    reader.feed(Say().ending())
    reply = reader.reply()
    assert reply is not None
    assert [call.name for call in reply.tool_calls] == ["one", "two"]


def test_text_and_tool_calls_in_one_chunk_are_both_read():
    delta = {
        "content": "why",
        "tool_calls": [{"index": 0, "id": "a", "function": {"name": "n", "arguments": "{}"}}],
    }
    reader = read(event({"choices": [{"delta": delta, "finish_reason": "tool_calls"}]}))
    reply = reader.reply()
    assert reply is not None
    assert (reply.content, len(reply.tool_calls)) == ("why", 1)


@pytest.mark.parametrize("chunk", [[], 3, {"choices": 3}, {"choices": [{"delta": [1]}]}])
def test_an_unknown_shape_is_a_fault_and_no_crash(chunk: object):
    reader = read(b"data: " + orjson.dumps(chunk) + b"\n\n", Say("x").ending())
    assert reader.fault != ""
    assert reader.reply() is None


def test_text_before_broken_json_is_kept():
    reader = read(event(Say("good").chunks()[0]) + b"data: {oops\n\n")
    assert reader.fault == "The stream held broken JSON."
    assert reader.received == "good"


def test_hidden_reasoning_counts_as_received_but_is_not_the_answer():
    reader = read(event({"choices": [{"delta": {"reasoning_content": "hm"}}]}), Say().ending())
    reply = reader.reply()
    assert reply is not None
    assert (reader.received, reply.content) == ("hm", "")


def test_a_whole_answer_in_one_line_of_many_pieces_is_read_in_linear_time():
    text = "Ж" * 600_000
    line = b"data: " + json.dumps({"choices": [{"delta": {"content": text}}]}).encode() + b"\n"
    reader = StreamReader()
    began = time.process_time()
    parts = [reader.feed(line[at : at + 100]) for at in range(0, len(line), 100)]
    assert time.process_time() - began < 2
    assert "".join(parts) == text
    assert (reader.fault, reader.characters) == ("", len(text))


def test_a_line_without_end_is_a_fault_and_its_output_is_counted():
    reader = read(b"data: ")
    fed = 0
    while not reader.done:
        reader.feed(b"word " * 10_000)
        fed += 50_000
        assert fed <= MAX_LINE_BYTES + 50_000
    assert reader.fault == "The stream held a line of more than 8 MiB."
    assert len(reader.received) > MAX_LINE_BYTES


def test_a_line_without_end_after_the_last_word_ends_the_answer():
    reader = read(Say("x", done=False).ending())
    while not reader.done:
        reader.feed(b"x" * 100_000)
    assert (reader.fault, reader.reply() is not None) == ("", True)


def test_an_unfinished_event_counts_as_received_and_a_comment_does_not():
    assert "wor" in read(b'data: {"choices": [{"delta": {"content": "wor').received
    assert read(b": still there").received == ""
