"""The closing call fits what was held for it; a settlement is never left half-way."""

import asyncio
from dataclasses import replace

import pytest

from runs.engine.calls.closing import CARRIED_BYTES, closing_bound, trim
from runs.engine.memory import MemoryJournal
from runs.engine.registry import PATTERNS
from runs.engine.tokens import sent
from runs.engine.types import Hold, StepEnd, StepStart
from tests.engine.harness import REACT, REFLECTION, Harness, Poor
from tests.engine.replies import compute
from tests.engine.scripted import Provider, Refuse, Say


@pytest.mark.parametrize("text", ["", "short", '"\\\n' * 9000, "日本語" * 9000, "a" * 100_000])
def test_findings_are_trimmed_to_bytes_as_sent(text: str):
    trimmed = trim(text)
    assert len(sent(trimmed)) <= CARRIED_BYTES
    assert trimmed == text or trimmed.startswith(text[:500])


async def test_the_closing_call_is_within_its_bound(engine: Harness, provider: Provider):
    engine.journal = Poor(4)
    looks = [compute(f"2**{900 + n} * 10**700") for n in range(4)]
    provider.script = [*looks, Say("So far.")]
    result = await engine.run(
        task="Add “these” numbers. " * 50, params={"observation_chars": 50_000}
    )
    assert result.answer == "So far."
    start = engine.journal.steps[-1][0]
    model, most_input, most_output = closing_bound(
        replace(REACT, task="Add “these” numbers. " * 50), PATTERNS["react"].closing
    )
    assert start.closing
    assert start.model == model
    assert start.max_input_tokens <= most_input
    assert start.max_output_tokens == most_output == provider.requests[-1]["max_completion_tokens"]


async def test_a_closing_draft_is_within_its_bound(engine: Harness, provider: Provider):
    engine.journal = Poor(0)
    provider.script = [Say("Note.")]
    await engine.run(REFLECTION, custom_instructions="Be kind.", goals=("one",))
    asked = replace(REFLECTION, custom_instructions="Be kind.", goals=("one",))
    bound = closing_bound(asked, PATTERNS["reflection"].closing)
    assert engine.journal.steps[0][0].max_input_tokens <= bound[1]


async def test_a_prompt_that_repeats_its_findings_is_within_its_bound(
    engine: Harness, provider: Provider
):
    engine.journal = Poor(4)
    looks = [compute(f"2**{900 + n} * 10**700") for n in range(4)]
    provider.script = [*looks, Say("So far.")]
    prompts = {"close": {"system": "{findings}", "user": "{task}" + "{findings}" * 50}}
    await engine.run(REACT, prompts=prompts, params={"observation_chars": 50_000})
    bound = closing_bound(replace(REACT, prompts=prompts), PATTERNS["react"].closing)
    start = engine.journal.steps[-1][0]
    assert start.closing
    assert 50_000 < start.max_input_tokens <= bound[1]


async def test_an_empty_closing_answer_leaves_what_there_is(engine: Harness, provider: Provider):
    engine.journal = Poor(1)
    provider.script = [compute("6*7"), Say("")]
    result = await engine.run()
    assert (result.status, result.answer_kind, result.stop_reason) == (
        "succeeded",
        "partial",
        "budget",
    )
    assert result.answer is not None
    assert "42" in result.answer


async def test_an_empty_closing_answer_is_no_answer_when_there_is_nothing_else(
    engine: Harness, provider: Provider
):
    engine.journal = Poor(0)
    provider.script = [Say("")]
    result = await engine.run()
    assert (result.status, result.error and result.error["code"]) == ("failed", "empty_answer")


class Slow(MemoryJournal):
    """A journal whose database is slow to settle."""

    async def settle(self, start: StepStart, hold: Hold, end: StepEnd) -> None:
        await asyncio.sleep(0.2)
        await super().settle(start, hold, end)


async def test_a_second_cancel_does_not_stop_the_settlement(engine: Harness, provider: Provider):
    engine.journal = Slow()
    provider.script = [Say(pieces=("a",), hang=True)]
    running = asyncio.create_task(engine.run())
    while not engine.live.seen:
        await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.sleep(0.05)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await asyncio.sleep(0.3)
    assert [end.status for end in engine.ends] == ["cancelled"]


async def test_a_deadline_ends_the_wait_for_a_retry(engine: Harness, provider: Provider):
    provider.script = [Refuse(429, headers={"retry-after": "60"}), Say("Briefly.")]
    running = asyncio.create_task(engine.run())
    while not engine.ends:
        await asyncio.sleep(0.01)
    engine.stop.drain("deadline")
    result = await asyncio.wait_for(running, 50)
    assert (result.answer, result.stop_reason) == ("Briefly.", "deadline")
