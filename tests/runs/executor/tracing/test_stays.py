"""How a run leaves a worker, whose trace it is a part of, and what is never in it."""

import asyncio
import json
from dataclasses import replace

import pytest
from structlog.contextvars import get_contextvars

from runs.engine.errors import Fenced, Paused, Stopped
from runs.engine.types import Hold, Result, ToolCall, ToolStep
from runs.executor.tracing.run_trace import RunTrace
from tests.runs.executor.tracing.stay import (
    COST,
    DONE,
    KEY,
    PARENT,
    REPLY,
    RUN,
    START,
    TASK,
    TOOL,
    whole_run,
)

FAILED = Result("failed", None, "none", "failed", {"code": "empty_answer", "message": "x"})


@pytest.mark.parametrize(
    ("left", "outcome", "error"),
    [
        (Stopped("shutdown"), "handed_back", ""),
        (Paused("funds"), "awaiting_funds", ""),
        (Paused("approval"), "awaiting_approval", ""),
        (Stopped("lost"), "lost", "lost"),
        (Fenced(), "lost", "lost"),
        (asyncio.CancelledError(), "interrupted", "interrupted"),
        (ZeroDivisionError(), "interrupted", "interrupted"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_a_run_leaves_with_is_told(collector, sent, left, outcome, error):
    def leave(_: RunTrace) -> None:
        raise left

    with pytest.raises(type(left)):
        sent(leave)

    (agent,) = collector.spans
    assert agent.attributes["agentsite.run.outcome"] == outcome
    assert (agent.failed, agent.attributes.get("error.type", "")) == (bool(error), error)


def test_a_run_that_failed_names_its_error(sent):
    def fail(trace: RunTrace) -> None:
        trace.result = FAILED

    (agent,) = sent(fail).spans
    assert (agent.failed, agent.attributes["error.type"]) == (True, "empty_answer")
    assert agent.attributes["agentsite.run.status"] == "failed"


def test_a_run_that_could_not_begin_is_queued(sent):
    (agent,) = sent(lambda _: None).spans
    assert (agent.failed, agent.attributes["agentsite.run.outcome"]) == (False, "queued")


def test_what_was_under_way_is_ended_with_the_stay(sent):
    def cut(trace: RunTrace) -> None:
        trace.held(START, Hold(1, 900))
        trace.tool_started(TOOL)

    collector = sent(cut)

    for name in ("chat large", "execute_tool calculator"):
        (span,) = collector.named(name)
        assert (span.failed, span.attributes["error.type"]) == (True, "interrupted")


def test_a_run_of_no_request_has_one_trace_on_all_workers(sent, collector):
    for _ in range(2):
        sent(whole_run, traceparent="", session_id="")

    first, second = collector.named("invoke_agent")
    assert first.trace_id == second.trace_id == RUN.hex
    assert first.parent_id == second.parent_id == ""
    assert first.id != second.id
    assert not {"gen_ai.conversation.id", "session.id"} & set(first.attributes)


def test_log_lines_of_the_stay_have_its_trace(sent):
    found: list[str] = []

    for traceparent in (PARENT, ""):
        sent(lambda _: found.append(get_contextvars()["trace_id"]), traceparent=traceparent)

    assert found == [PARENT.split("-")[1], RUN.hex]


@pytest.mark.parametrize("sampler", ["parentbased_always_on", "always_off"])
def test_a_trace_that_is_not_kept_is_not_sent(sent, settings, sampler: str):
    settings.TRACES_SAMPLER = sampler
    collector = sent(whole_run, traceparent=f"{PARENT[:-1]}0")
    assert collector.spans == []
    assert {point.metric for point in collector.points} >= {"gen_ai.invoke_agent.duration"}


def test_a_tool_that_a_model_made_up_has_no_name_of_its_own(sent):
    made_up = ToolStep(
        "react/t1/x",
        1,
        "Using x",
        "0" * 64,
        {"tool": "send <everything>", "arguments": "{}"},
        ok=False,
        error={"code": "unknown_tool", "message": "x"},
    )

    def use(trace: RunTrace) -> None:
        trace.tool_started(made_up)
        trace.tool_finished(made_up)

    collector = sent(use)

    (tool,) = collector.named("execute_tool")
    assert (tool.name, tool.attributes["gen_ai.tool.name"]) == ("execute_tool unknown", "unknown")
    assert tool.attributes["error.type"] == "unknown_tool"


def test_contents_are_in_no_span_unless_the_site_wants_them(sent):
    raw = sent(whole_run).raw
    for text in (TASK, "You add.", REPLY.content, "expression", KEY):
        assert text.encode() not in raw


def test_where_they_are_wanted_keys_are_masked(sent, settings):
    settings.TRACE_CONTENTS = True
    collector = sent(whole_run)

    assert KEY.encode() not in collector.raw
    (chat,) = collector.named("chat")
    asked = json.loads(chat.attributes["gen_ai.input.messages"])
    assert [message["role"] for message in asked] == ["system", "user", "assistant", "tool"]
    shown = "Add 6 and 7. My key is [redacted], the other one [redacted], thanks."
    assert asked[1]["parts"] == [{"type": "text", "content": shown}]
    call = {"type": "tool_call", "id": "call_0", "name": "calculator", "arguments": {"x": "1"}}
    assert asked[2]["parts"] == [call]
    response = {"type": "tool_call_response", "id": "call_0", "response": "1"}
    assert asked[3]["parts"] == [response]
    assert json.loads(chat.attributes["gen_ai.output.messages"]) == [
        {
            "role": "assistant",
            "parts": [{"type": "text", "content": "It is 13."}],
            "finish_reason": "stop",
        }
    ]
    (definition,) = json.loads(chat.attributes["gen_ai.tool.definitions"])
    assert definition == {"type": "function", "name": "calculator", "parameters": {}}
    (tool,) = collector.named("execute_tool")
    assert json.loads(tool.attributes["gen_ai.tool.call.arguments"]) == {"expression": "6+7"}


def test_a_long_talk_takes_little_memory_and_its_end_is_shown(sent, settings):
    """Thousands of spans may wait for a collector that is away."""
    settings.TRACE_CONTENTS = True
    said = [{"role": "user", "content": f"{number} " + "x" * 7_000} for number in range(40)]
    long = replace(START, request={"messages": said, "tools": []})

    def call(trace: RunTrace) -> None:
        trace.held(long, Hold(1, 900))
        trace.settled(long, DONE, COST)

    (chat,) = sent(call).named("chat")
    text = chat.attributes["gen_ai.input.messages"]
    first, *kept = json.loads(text)
    assert len(text) < 33_000
    assert first["parts"][0]["content"] == "36 earlier messages are left out"
    assert [message["parts"][0]["content"][:2] for message in kept] == ["36", "37", "38", "39"]


def test_a_span_that_can_not_be_made_harms_no_call(sent, settings, caplog):
    settings.TRACE_CONTENTS = True
    unreadable = replace(START, request={"messages": [{"role": "tool"}], "tools": []})

    def call(trace: RunTrace) -> None:
        trace.held(unreadable, Hold(1, 900))
        trace.settled(unreadable, DONE, COST)

    collector = sent(call)

    (agent,) = collector.spans
    assert agent.attributes["agentsite.cost_usd"] == COST
    assert "a span could not be made" in caplog.text


def test_calls_that_a_model_asks_for_are_part_of_its_answer(sent, settings):
    settings.TRACE_CONTENTS = True
    asks = replace(
        REPLY,
        content="",
        tool_calls=(ToolCall("call_1", "calculator", "6+7, not JSON"),),
        finish_reason="tool_calls",
    )

    def called(trace: RunTrace) -> None:
        trace.held(START, Hold(1, 900))
        trace.settled(START, replace(DONE, reply=asks), "0")

    (chat,) = sent(called).named("chat")
    (message,) = json.loads(chat.attributes["gen_ai.output.messages"])
    call = {
        "type": "tool_call",
        "id": "call_1",
        "name": "calculator",
        "arguments": "6+7, not JSON",
    }
    assert (message["parts"], message["finish_reason"]) == ([call], "tool_call")
