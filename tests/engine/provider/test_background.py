"""The Responses API in the background: what is sent, and an answer that many connections bring."""

import json
from typing import Any

import pytest

from runs.engine.provider.background.body import background_body
from runs.engine.provider.background.reader import ResponseReader
from runs.engine.types import ModelRequest, Origin

TOOL: dict[str, Any] = {
    "type": "function",
    "function": {"name": "add", "parameters": {"type": "object"}},
}
TURNS: list[dict[str, Any]] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "6 * 7?"},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "add", "arguments": "{}"}}
        ],
    },
    {"role": "tool", "tool_call_id": "c1", "content": "42"},
]


def event(kind: str, number: int, **fields: Any) -> bytes:
    data = json.dumps({"type": kind, "sequence_number": number, **fields})
    return f"event: {kind}\ndata: {data}\n\n".encode()


def response(status: str, **fields: Any) -> dict[str, Any]:
    return {"id": "resp_1", "status": status, "model": "m-2026-01-01", **fields}


LAST = response(
    "completed",
    output=[
        {"type": "reasoning", "summary": []},
        {"type": "message", "content": [{"type": "output_text", "text": "Forty-two."}]},
        {"type": "function_call", "call_id": "c2", "name": "add", "arguments": "{}"},
    ],
    usage={
        "input_tokens": 30,
        "input_tokens_details": {"cached_tokens": 10},
        "output_tokens": 9,
        "output_tokens_details": {"reasoning_tokens": 4},
        "total_tokens": 39,
    },
)
EVENTS = [
    event("response.created", 0, response=response("in_progress")),
    event("response.output_text.delta", 1, delta="Forty-"),
    event("response.output_text.delta", 2, delta="two."),
    event("response.completed", 3, response=LAST),
]


def test_a_request_has_its_items_its_cap_and_the_id_of_its_call():
    body = background_body(
        ModelRequest(
            "gpt-4.1-mini",
            TURNS,
            500,
            tools=[TOOL],
            tool_choice={"type": "function", "function": {"name": "add"}},
            sampling={"temperature": 0.2, "stop": ["x"]},
            origin=Origin("cache", "someone"),
            call_id="call-7",
        )
    )
    assert [item.get("type", item.get("role")) for item in body["input"]] == [
        *("system", "user", "function_call", "function_call_output"),
    ]
    assert body["tools"] == [{"type": "function", **TOOL["function"]}]
    assert body["tool_choice"] == {"type": "function", "name": "add"}
    assert (body["max_output_tokens"], body["background"], body["store"]) == (500, True, True)
    assert body["metadata"] == {"agentsite_call": "call-7"}
    assert (body["temperature"], "stop" in body) == (0.2, False)


def test_a_schema_and_wishes_stand_where_this_api_has_them():
    request = ModelRequest(
        "gpt-5-mini",
        TURNS[:2],
        500,
        schema={"type": "object", "properties": {}, "additionalProperties": False},
        effort="low",
        verbosity="low",
    )
    body = background_body(request)
    assert body["text"]["format"]["type"] == "json_schema"
    assert body["text"]["verbosity"] == "low"
    assert body["reasoning"] == {"effort": "low"}


def test_the_last_event_has_the_whole_answer():
    reader = ResponseReader()
    texts = [reader.feed(data) for data in EVENTS]
    assert texts == ["", "Forty-", "two.", ""]
    reply, usage = reader.reply(), reader.usage
    assert reply is not None
    assert usage is not None
    assert (reply.content, reply.finish_reason, reply.response_id) == (
        *("Forty-two.", "tool_calls", "resp_1"),
    )
    assert [call.id for call in reply.tool_calls] == ["c2"]
    assert (usage.fresh_input, usage.cached_input, usage.output, usage.reasoning) == (20, 10, 9, 4)


def test_what_is_said_again_after_a_new_connection_counts_once():
    reader = ResponseReader()
    for data in EVENTS[:2]:
        reader.feed(data)
    reader.feed(EVENTS[2][:20])
    reader.reconnect()
    assert "".join(reader.feed(data) for data in EVENTS[1:]) == "two."
    assert reader.received == "Forty-two."


def test_another_process_goes_on_from_what_the_journal_has():
    reader = ResponseReader(answer_id="resp_1", number=1)
    reader.feed(b"".join(EVENTS[2:]))
    assert (reader.received, reader.over()) == ("two.", True)
    assert reader.reply().content == "Forty-two."  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("last", "ending"),
    [
        (
            LAST | {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
            "length",
        ),
        (LAST | {"status": "failed"}, None),
        (LAST | {"status": "cancelled"}, None),
    ],
)
def test_how_it_ended_is_told(last, ending):
    reader = ResponseReader()
    reader.feed(event(f"response.{last['status']}", 3, response=last))
    reply = reader.reply()
    assert (reply.finish_reason if reply else None) == ending
    assert reader.over()
    assert reader.usage is not None
