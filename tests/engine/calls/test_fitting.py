"""A conversation that no longer fits is asked about with less of its observations, never lost."""

from collections.abc import Callable, Iterable

import orjson
import pytest

from runs.engine.calls.transcript import OLD_OBSERVATION_CHARS
from tests.engine.harness import Died, Harness, Mortal, Poor
from tests.engine.replies import compute, tool_texts
from tests.engine.scripted import Answer, Body, Provider, Refuse, Say

FULL = Refuse(400, "the request exceeds the available context size")
LOOKS = tuple(f"2**{900 + n} * 10**700" for n in range(3))
SHORTER = "react/t4/think/shorter"
ROOMY = {"observation_chars": 50_000}


def window(characters: int, script: Iterable[Answer]) -> Callable[[Body], Answer]:
    """A model that reads so many characters, tells no figures, and plays a script else."""
    answers = iter(script)

    def answer(body: Body) -> Answer:
        if len(orjson.dumps(body["messages"])) > characters:
            return FULL
        return next(answers)

    return answer


def answered(engine: Harness) -> list[str]:
    return [start.key for start, end in engine.journal.steps if end and end.status == "done"]


def lookups(*last: Answer) -> list[Answer]:
    return [*map(compute, LOOKS), *last]


async def test_the_oldest_observations_are_cut_first(engine: Harness, provider: Provider):
    provider.answer = window(3_700, lookups(Say("Long numbers.")))
    result = await engine.run(params=ROOMY)
    assert (result.answer, result.answer_kind) == ("Long numbers.", "final")
    first, *_, last = tool_texts(provider.requests[-1])
    assert len(first) < 2 * OLD_OBSERVATION_CHARS < len(last)
    assert first[:300] == tool_texts(provider.requests[1])[0][:300]


async def test_what_was_refused_is_charged_nothing(engine: Harness, provider: Provider):
    provider.answer = window(3_600, lookups(Say("Long numbers.")))
    await engine.run(params=ROOMY)
    refused = [end for end in engine.ends if end.status == "failed"]
    assert {(end.error or {})["code"] for end in refused} == {"context_full"}
    assert {end.confidence for end in refused} == {"exact"}
    assert not any(end.usage for end in refused)


async def test_what_can_not_be_shortened_concludes_with_what_was_found(
    engine: Harness, provider: Provider
):
    looks = [compute(f"{n}+1") for n in range(4)]
    provider.answer = window(1_300, [*looks, Say("So far: four sums.")])
    result = await engine.run()
    assert (result.status, result.stop_reason) == ("succeeded", "context_full")
    assert (result.answer, result.answer_kind) == ("So far: four sums.", "best_effort")
    assert engine.keys[-2:] == ["react/t5/think", "react/close/context_full"]
    assert "3+1" in provider.requests[-1]["messages"][-1]["content"]


async def test_a_window_too_small_even_to_close_still_shows_what_was_found(
    engine: Harness, provider: Provider
):
    provider.script = [compute("6*7")]
    provider.answer = lambda body: FULL
    result = await engine.run()
    assert (result.status, result.stop_reason) == ("succeeded", "context_full")
    assert (result.answer, result.answer_kind) == (
        'calculator({"expression":"6*7"}): 42',
        "partial",
    )


@pytest.mark.parametrize(
    ("calls", "kind", "reason"), [(6, "final", "completed"), (5, "best_effort", "budget")]
)
async def test_each_try_is_held_for(
    engine: Harness, provider: Provider, calls: int, kind: str, reason: str
):
    engine.journal = Poor(calls)
    provider.answer = window(3_000, lookups(Say("So far.")))
    result = await engine.run(params=ROOMY)
    assert (result.answer, result.answer_kind, result.stop_reason) == ("So far.", kind, reason)
    assert len(engine.keys) == len(provider.requests)


@pytest.mark.parametrize("at", [SHORTER, "react/t3/think"])
async def test_after_a_crash_the_same_shorter_call_is_read_back(
    engine: Harness, provider: Provider, at: str
):
    engine.journal = journal = Mortal(at)
    provider.answer = window(3_600, lookups(Say("Long numbers.")))
    with pytest.raises(Died):
        await engine.run(params=ROOMY)
    journal.dies_after = ""
    assert (await engine.run(params=ROOMY)).answer == "Long numbers."
    assert answered(engine) == ["react/t1/think", "react/t2/think", "react/t3/think", SHORTER]
