"""What each way an attempt can end costs: the table of outcomes in the design."""

import asyncio

import pytest

from runs.engine import tokens
from runs.engine.clock import SystemClock
from runs.engine.types import Usage
from tests.engine.harness import Harness
from tests.engine.scripted import Provider, Refuse, Say, Silence


async def test_a_complete_answer_is_charged_by_its_usage(engine: Harness, provider: Provider):
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 30,
        "prompt_tokens_details": {"cached_tokens": 60},
        "completion_tokens_details": {"reasoning_tokens": 20},
    }
    provider.script = [Say("42", usage=usage)]
    assert (await engine.run()).answer == "42"
    (end,) = engine.ends
    assert (end.status, end.confidence) == ("done", "exact")
    assert end.usage == Usage(40, 60, 30, 20)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
async def test_a_refusal_costs_nothing(engine: Harness, provider: Provider, status: int):
    provider.script = [Refuse(status, headers={"retry-after": "0"})] * 3
    result = await engine.run()
    assert result.status == "failed"
    assert {(end.status, end.usage) for end in engine.ends} == {("failed", None)}


@pytest.mark.parametrize("status", [502, 504])
async def test_a_gateway_error_leaves_the_call_in_doubt(
    engine: Harness, provider: Provider, status: int
):
    provider.script = [Refuse(status, headers={"retry-after": "0"})] * 3
    await engine.run()
    start, end = engine.journal.steps[0]
    assert end is not None
    assert (end.status, end.confidence) == ("in_doubt", "in_doubt")
    assert end.usage == Usage(start.max_input_tokens, 0, start.max_output_tokens)


async def test_silence_until_the_read_timeout_leaves_the_call_in_doubt(provider: Provider):
    engine = Harness(provider.url, read_timeout_s=1)
    provider.script = [Silence(), Say("late")]
    assert (await engine.run()).answer == "late"
    assert [end.confidence for end in engine.ends] == ["in_doubt", "exact"]
    await engine.model.close()


async def test_no_connection_costs_nothing():
    engine = Harness("http://127.0.0.1:1/v1")
    result = await engine.run()
    assert result.error is not None
    assert result.error["code"] == "connection"
    assert [end.usage for end in engine.ends] == [None] * 3
    await engine.model.close()


async def test_a_cut_stream_is_estimated_upwards(engine: Harness, provider: Provider):
    provider.script = [Say(pieces=("one two three ",) * 20, cut=True), Say("whole")]
    assert (await engine.run()).answer == "whole"
    start, end = engine.journal.steps[0]
    assert end is not None
    assert (end.status, end.confidence) == ("failed", "estimated")
    assert end.usage is not None
    assert 60 < end.usage.output <= start.max_output_tokens
    assert 0 < end.usage.fresh_input <= start.max_input_tokens
    assert [start.attempt for start, _ in engine.journal.steps] == [1, 2]


class StillAtFirst(SystemClock):
    """A clock on which the first attempt takes no time."""

    def __init__(self, engine: Harness) -> None:
        self.engine = engine
        self.began_s = super().monotonic()

    def monotonic(self) -> float:
        return super().monotonic() if self.engine.ends else self.began_s


async def test_what_came_at_once_was_fast_and_may_have_reached_its_cap(
    engine: Harness, provider: Provider
):
    engine.clock = StillAtFirst(engine)
    provider.script = [Say(pieces=(" word" * 300,), cut=True), Say("whole")]
    await engine.run()
    start, end = engine.journal.steps[0]
    assert end is not None
    assert end.usage is not None
    assert end.usage.output == start.max_output_tokens


async def test_a_cut_answer_of_a_reasoning_model_costs_its_whole_cap(
    engine: Harness, provider: Provider
):
    provider.script = [Say(pieces=("a",), cut=True), Say("whole")]
    await engine.run(model="o3-mini")
    start, end = engine.journal.steps[0]
    assert end is not None
    assert end.usage is not None
    assert end.usage.output == start.max_output_tokens


async def test_a_complete_answer_without_usage_is_counted_here(engine: Harness, provider: Provider):
    provider.script = [Say("forty two it is", usage=None)]
    await engine.run()
    (end,) = engine.ends
    assert (end.status, end.confidence) == ("done", "estimated")
    assert end.usage is not None
    assert end.usage.output == tokens.count("forty two it is")


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": -1, "completion_tokens": 2},
        {"prompt_tokens": 5, "completion_tokens": None},
        {"prompt_tokens": 5, "completion_tokens": "seven"},
        {"prompt_tokens": 5, "completion_tokens": True},
        {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
        {
            "prompt_tokens": 5,
            "completion_tokens": 2,
            "prompt_tokens_details": {"cached_tokens": 6},
        },
        {
            "prompt_tokens": 5,
            "completion_tokens": 2,
            "completion_tokens_details": {"reasoning_tokens": 3},
        },
    ],
)
async def test_nonsense_usage_is_no_usage(engine: Harness, provider: Provider, usage: object):
    provider.script = [Say("42", usage=usage)]
    await engine.run()
    assert engine.ends[0].confidence == "estimated"


async def test_absent_and_null_usage_details_are_fine(engine: Harness, provider: Provider):
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "prompt_tokens_details": None}
    provider.script = [Say("42", usage=usage)]
    await engine.run()
    assert engine.ends[0].usage == Usage(5, 0, 2)


async def test_a_cancelled_call_is_estimated(engine: Harness, provider: Provider):
    provider.script = [Say(pieces=("one ", "two "), hang=True)]
    running = asyncio.create_task(engine.run())
    while engine.live.seen != "one two ":
        await asyncio.sleep(0.01)
    engine.stop.halt("cancelled")
    result = await running
    assert (result.status, result.answer) == ("cancelled", "one two")
    (end,) = engine.ends
    assert (end.status, end.confidence) == ("cancelled", "estimated")


async def test_broken_json_in_the_stream_is_a_failed_attempt(engine: Harness, provider: Provider):
    raw = b'data: {"choices": [{"delta": {"content": "hal"}}]}\n\ndata: {"choi\n\n'
    provider.script = [Say(raw=raw), Say("whole")]
    assert (await engine.run()).answer == "whole"
    assert engine.ends[0].error == {
        "code": "bad_stream",
        "message": "The stream held broken JSON.",
    }
    assert engine.ends[0].confidence == "estimated"


async def test_an_error_in_the_stream_is_told_in_its_words(engine: Harness, provider: Provider):
    raw = b'data: {"error": {"message": "overloaded", "code": "busy"}}\n\n'
    provider.script = [Say(raw=raw), Say("whole")]
    await engine.run()
    assert engine.ends[0].error == {
        "code": "provider_error",
        "message": "The provider failed. It says: overloaded",
    }


async def test_an_end_without_a_finish_reason_is_not_an_answer(engine: Harness, provider: Provider):
    raw = b'data: {"choices": [{"delta": {"content": "half"}}]}\n\n'
    provider.script = [Say(raw=raw), Say("whole")]
    assert (await engine.run()).answer == "whole"
    error = engine.ends[0].error
    assert error is not None
    assert error["code"] == "stream_cut"


async def test_a_stream_that_runs_past_its_cap_is_cut(engine: Harness, provider: Provider):
    provider.script = [Say(pieces=("word " * 500,) * 40, pause_s=0.01, hang=True)]
    result = await asyncio.wait_for(engine.run(), 25)
    start, end = engine.journal.steps[0]
    assert end is not None
    assert end.reply is not None
    assert end.reply.finish_reason == "length"
    assert end.confidence == "estimated"
    assert end.usage is not None
    assert end.usage.output > start.max_output_tokens
    assert result.answer_kind == "best_effort"
    assert engine.codes() == ["truncated"]
