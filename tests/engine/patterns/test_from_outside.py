"""A pattern that is registered from outside, the one of the docs, runs end to end."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from runs.engine.pattern import AnyPattern
from runs.engine.registry import PATTERNS, register
from runs.engine.types import Spec
from tests.engine.harness import Died, Harness, Mortal, Poor
from tests.engine.scripted import Body, Provider, Say
from tests.example_pattern import vote

SPEC = Spec("How many legs has a spider?", "vote", "m-1")


@pytest.fixture(autouse=True)
def pattern() -> Iterator[AnyPattern]:
    yield register(vote())
    del PATTERNS["vote"]


def plays(provider: Provider) -> None:
    provider.answer = lambda body: Say("Eight." if "<answers>" in asked(body) else "Eight legs.")


def asked(body: Body) -> str:
    return str(body["messages"][1]["content"])


async def test_it_runs_as_it_declares(
    engine: Harness, provider: Provider, pattern: AnyPattern
) -> None:
    plays(provider)
    result = await engine.run(SPEC)
    assert (result.status, result.answer, result.answer_kind) == ("succeeded", "Eight.", "final")
    assert len(engine.keys) == pattern.calls(pattern.params())[2]
    assert set(engine.keys) == {
        *(f"vote/answer/{n}" for n in (1, 2, 3)),
        "vote/choose",
    }
    assert [pattern.step_of(key) for key in engine.keys] == [pattern.steps[0]] * 3 + [
        pattern.steps[1]
    ]


@pytest.mark.parametrize("dies_after", ["vote/answer/1", "vote/answer/3", "vote/choose"])
async def test_killed_after_any_step_it_ends_the_same_and_pays_once(
    engine: Harness, provider: Provider, dies_after: str
) -> None:
    plays(provider)
    engine.journal = mortal = Mortal(dies_after)
    with pytest.raises(Died):
        await engine.run(SPEC)
    mortal.dies_after = ""
    assert (await engine.run(SPEC)).answer == "Eight."
    assert len(provider.requests) == 4


async def test_out_of_money_it_chooses_among_what_it_has(
    engine: Harness, provider: Provider, pattern: AnyPattern
) -> None:
    plays(provider)
    engine.journal = Poor(2)
    result = await engine.run(SPEC)
    assert (result.answer, result.answer_kind, result.stop_reason) == (
        "Eight.",
        "best_effort",
        "budget",
    )
    assert asked(provider.requests[-1]).count("Eight legs.") == 2
    assert engine.keys[-1] == "vote/close/budget"
    assert pattern.step_of("vote/close/budget") is pattern.closing


def test_a_key_is_taken_once(pattern: AnyPattern) -> None:
    with pytest.raises(ValueError, match="a pattern “vote” already"):
        register(pattern)


def test_a_closing_step_is_one_of_the_steps(pattern: AnyPattern) -> None:
    stray = type("Stray", (pattern,), {"key": "stray", "steps": pattern.steps[:1]})
    with pytest.raises(ValueError, match="closing step is none of its steps"):
        register(stray)


def test_prompts_that_break_their_own_rules_are_refused(pattern: AnyPattern) -> None:
    steps = (replace(pattern.steps[0], user="{question}"), pattern.steps[1])
    odd = type("Odd", (pattern,), {"key": "odd", "steps": steps})
    with pytest.raises(ValueError, match=r"there is no variable \{question\}"):
        register(odd)
