"""What a collector receives of a run, down to the bytes."""

from decimal import Decimal

import pytest

from runs.engine.types import Hold, Recorded, StepEnd, Usage
from runs.executor.tracing.run_trace import RunTrace
from tests.runs.executor.tracing.readers import langfuse, phoenix
from tests.runs.executor.tracing.stay import (
    COST,
    PARENT,
    REPLY,
    RUN,
    START,
    SUCCEEDED,
    USAGE,
    whole_run,
)


def test_the_spans_of_a_run_stand_under_the_request_that_submitted_it(sent):
    collector = sent(whole_run)

    _, trace_id, parent_id, _ = PARENT.split("-")
    assert collector.tree(parent_id) == [
        ("invoke_agent react", [("chat large", []), ("execute_tool calculator", [])])
    ]
    assert {span.trace_id for span in collector.spans} == {trace_id}
    kinds = {span.name: span.kind for span in collector.spans}
    assert kinds == {
        "invoke_agent react": "INTERNAL",
        "chat large": "CLIENT",
        "execute_tool calculator": "INTERNAL",
    }
    assert {headers["authorization"] for headers in collector.headers} == {"Basic abc"}


def test_each_span_has_what_the_conventions_want(sent):
    collector = sent(whole_run)

    whose = {
        "gen_ai.agent.name": "react",
        "gen_ai.conversation.id": "chat-7",
        "session.id": "chat-7",
        "user.id": "7",
        "agentsite.run.id": str(RUN),
    }
    (agent,) = collector.named("invoke_agent")
    assert agent.attributes == {
        **whose,
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.request.model": "eu/large",
        "langfuse.trace.name": "invoke_agent react",
        "agentsite.run.epoch": 2,
        "agentsite.run.outcome": "ended",
        "agentsite.run.status": "succeeded",
        "agentsite.run.stop_reason": "completed",
        "agentsite.cost_usd": COST,
    }
    (chat,) = collector.named("chat")
    assert chat.attributes == {
        **whose,
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "mistral_ai",
        "gen_ai.request.model": "large",
        "gen_ai.request.max_tokens": 900,
        "gen_ai.request.stream": True,
        "gen_ai.response.model": "large-2411",
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.response.time_to_first_chunk": 0.25,
        "gen_ai.usage.input_tokens": 160,
        "gen_ai.usage.output_tokens": 30,
        "gen_ai.usage.cache_read.input_tokens": 40,
        "gen_ai.usage.cache_write.input_tokens": 20,
        "gen_ai.usage.cache_creation.input_tokens": 20,
        "gen_ai.usage.reasoning.output_tokens": 10,
        "server.address": "api.mistral.ai",
        "server.port": 443,
        "langfuse.observation.cost_details": f'{{"total": {COST}}}',
        "langfuse.observation.usage_details": (
            '{"input":100,"input_cached_tokens":40,"input_cache_creation":20,"output":20,'
            '"output_reasoning_tokens":10}'
        ),
        "agentsite.cost_usd": COST,
        "agentsite.cost.confidence": "exact",
        "agentsite.step.key": "react/t1/think",
        "agentsite.step.attempt": 1,
    }
    assert chat.ended_ns - chat.began_ns == 1_500_000_000
    (tool,) = collector.named("execute_tool")
    assert tool.attributes == {
        **whose,
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "calculator",
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": "call_1",
        "agentsite.step.key": "react/t1/calculator",
        "agentsite.step.attempt": 1,
    }
    assert not any(span.failed for span in collector.spans)
    assert {span.scope["agentsite.gen_ai.conventions"] for span in collector.spans} == {"0.1.0"}


def test_langfuse_reads_the_exact_cost_and_each_token_once(sent):
    collector = sent(whole_run)

    (chat,) = collector.named("chat")
    observation = langfuse(chat)
    assert observation == {
        "type": "GENERATION",
        "model": "large-2411",
        "usage": {
            "input": 100,
            "input_cached_tokens": 40,
            "input_cache_creation": 20,
            "output": 20,
            "output_reasoning_tokens": 10,
        },
        "cost": {"total": Decimal(COST)},
        "session": "chat-7",
        "user": "7",
        "environment": "test",
    }
    assert sum(observation["usage"].values()) == USAGE.input + USAGE.output
    # Its sum over a trace must not count a call twice.
    for span in (*collector.named("invoke_agent"), *collector.named("execute_tool")):
        assert (langfuse(span)["usage"], langfuse(span)["cost"]) == ({}, {})


def test_phoenix_reads_models_tokens_and_tools(sent):
    collector = sent(whole_run)

    (chat,), (tool,) = collector.named("chat"), collector.named("execute_tool")
    assert phoenix(chat) == {
        "openinference.span.kind": "LLM",
        "llm.provider": "mistral_ai",
        "llm.model_name": "large",
        "session.id": "chat-7",
        "llm.token_count.prompt": 160,
        "llm.token_count.completion": 30,
        "llm.token_count.prompt_details.cache_read": 40,
        "llm.token_count.prompt_details.cache_write": 20,
    }
    assert phoenix(tool) == {
        "openinference.span.kind": "TOOL",
        "session.id": "chat-7",
        "tool.name": "calculator",
        "tool.id": "call_1",
    }


def test_metrics_have_the_durations_and_few_labels(sent):
    collector = sent(whole_run)

    points = {point.metric: point for point in collector.points}
    call = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "mistral_ai",
        "gen_ai.request.model": "large",
    }
    duration = points["gen_ai.client.inference.duration"]
    assert (duration.count, duration.sum, duration.attributes) == (1, 1.5, call)
    first = points["gen_ai.client.inference.time_to_first_chunk"]
    assert (first.count, first.sum, first.attributes) == (1, 0.25, call)
    assert points["gen_ai.execute_tool.duration"].attributes == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "calculator",
    }
    assert points["gen_ai.invoke_agent.duration"].attributes == {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "react",
        "gen_ai.request.model": "eu/large",
    }


def test_where_it_takes_no_metrics_none_are_sent(sent, settings):
    settings.OTLP_METRICS = False
    collector = sent(whole_run)
    assert (len(collector.spans), collector.points) == (3, [])


def test_what_was_bought_before_is_an_event_and_no_call(sent):
    def resumed(trace: RunTrace) -> None:
        recorded = Recorded(1, "react/t1/think", 1, "0" * 64, {})
        trace.replayed(recorded, COST)
        trace.result = SUCCEEDED

    collector = sent(resumed)

    (agent,) = collector.spans
    said = {"agentsite.step.key": "react/t1/think", "agentsite.saved_usd": COST}
    assert agent.events == [("replayed", said)]
    assert agent.attributes["agentsite.cost_usd"] == "0"


@pytest.mark.parametrize(
    ("end", "cost", "error", "counted"),
    [
        (
            StepEnd("failed", None, "exact", 10, error={"code": "timeout", "message": "x"}),
            "0",
            "timeout",
            False,
        ),
        (StepEnd("cancelled", Usage(5, 0, 7), "estimated", 10), COST, "cancelled", True),
        (StepEnd("in_doubt", Usage(2000, 0, 900), "in_doubt", 10), COST, "in_doubt", False),
        # Another worker owns the run: what this one is told has no amount.
        (StepEnd("done", USAGE, "exact", 10, REPLY), None, "", True),
    ],
    ids=["failed", "cancelled", "in doubt", "fenced"],
)
def test_a_call_says_how_it_ended_and_no_more_than_is_known(sent, end, cost, error, counted):
    def called(trace: RunTrace) -> None:
        trace.held(START, Hold(1, 900))
        trace.settled(START, end, cost)

    collector = sent(called)

    (chat,), (agent,) = collector.named("chat"), collector.named("invoke_agent")
    assert (chat.failed, chat.attributes.get("error.type", "")) == (bool(error), error)
    assert chat.attributes.get("agentsite.cost_usd") == cost
    assert chat.attributes["agentsite.cost.confidence"] == end.confidence
    assert ("gen_ai.usage.input_tokens" in chat.attributes) == counted
    assert agent.attributes.get("agentsite.cost_usd") == cost
    (point,) = [one for one in collector.points if one.metric.endswith("inference.duration")]
    assert point.attributes.get("error.type", "") == error
