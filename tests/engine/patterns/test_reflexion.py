"""Reflexion: its trials, who judges them, and what goes wrong in them."""

from typing import Any

import orjson
import pytest

from runs.engine.patterns.reflexion import Reflexion
from runs.engine.types import Purse, Spec
from tests.engine.harness import Died, Harness, Limited, Mortal, Poor
from tests.engine.scripted import Body, Provider, Refuse, Say

SPEC = Spec("Write a note.", "reflexion", "m-1")
LESSON = Say('{"diagnosis": "d", "lesson": "Be exact.", "next_strategy": "Count."}')
PLAN = Say("1. Write.")


def verdict(verdict: str = "failure", score: float = 0.4, **changes: Any) -> Say:
    criteria = [{"name": "whole", "met": verdict == "success", "evidence": "seen"}]
    judged = {"verdict": verdict, "score": score, "criteria": criteria, "feedback": "Too vague."}
    return Say(orjson.dumps(judged | changes).decode())


SUCCESS = verdict("success", 0.9)


def user(body: Body) -> str:
    text: str = body["messages"][1]["content"]
    return text


class Never:
    """Plans, always new results, failures and lessons."""

    made = 0

    def __call__(self, body: Body) -> Say:
        system = body["messages"][0]["content"]
        if "You test whether" in system:
            return verdict()
        if "You find out why" in system:
            return LESSON
        self.made += 1
        return Say(f"Text number {self.made}.")


async def test_a_success_at_the_first_trial_pays_for_no_lesson(engine: Harness, provider: Provider):
    provider.script = [PLAN, Say("A note."), SUCCESS]
    result = await engine.run(SPEC)
    assert (result.answer, result.answer_kind, result.stop_reason) == (
        "A note.",
        "final",
        "completed",
    )
    assert engine.keys == [f"reflexion/t1/{step}" for step in ("plan", "try", "evaluate")]


async def test_a_lesson_reaches_the_next_plan_and_trial(engine: Harness, provider: Provider):
    provider.script = [PLAN, Say("Bad."), verdict(), LESSON, PLAN, Say("Good."), SUCCESS]
    result = await engine.run(SPEC)
    assert result.answer == "Good."
    assert len(provider.requests) == 4 * 2 - 1
    assert "Too vague.\n- Unmet: whole: seen" in user(provider.requests[3])
    for number in (4, 5):
        assert "- Trial 1: Be exact. Count." in user(provider.requests[number])
    kinds = [artifact["kind"] for artifact in engine.events("artifact")]
    assert kinds == ["criteria", "lessons", "criteria"]


@pytest.mark.parametrize(
    ("params", "calls"),
    [
        ({}, 12),
        ({"max_trials": 1}, 4),
        ({"max_trials": 2, "separate_plan": False}, 6),
        ({"evaluator": "checks"}, 9),
        ({"evaluator": "checks", "max_trials": 1}, 3),
    ],
)
async def test_when_all_trials_fail_the_formula_holds(
    engine: Harness, provider: Provider, params: dict[str, Any], calls: int
):
    provider.answer = never = Never()
    goals = ("Contains “tea”",) if "evaluator" in params else ()
    result = await engine.run(SPEC, params=params, goals=goals)
    assert len(provider.requests) == calls
    assert Reflexion.calls(Reflexion.params.model_validate(params))[2] == calls
    assert engine.keys[-1] == "reflexion/close"
    assert (result.answer_kind, result.stop_reason) == ("best_effort", "max_trials")
    assert result.answer == f"Text number {never.made}."


@pytest.mark.parametrize("feedback", ["FAILURE: not successful", "success!", "accepted"])
async def test_the_verdict_is_not_read_out_of_words(
    engine: Harness, provider: Provider, feedback: str
):
    provider.script = [PLAN, Say("Bad."), verdict(feedback=feedback), Say("Closed.")]
    result = await engine.run(SPEC, params={"max_trials": 1})
    assert (result.answer, result.stop_reason) == ("Closed.", "max_trials")


async def test_the_closing_is_given_the_best_trial_and_the_lessons(
    engine: Harness, provider: Provider
):
    provider.script = [PLAN, Say("Best."), verdict(score=0.8), LESSON, PLAN, Say("Worse.")]
    provider.script += [verdict(score=0.2), Say("Closed.")]
    await engine.run(SPEC, params={"max_trials": 2})
    asked = user(provider.requests[-1])
    assert "<best_trial>\nBest.\n</best_trial>" in asked
    assert "Be exact." in asked
    assert "Worse." not in asked


async def test_only_the_last_lessons_are_kept(engine: Harness, provider: Provider):
    provider.answer = Never()
    await engine.run(SPEC, params={"memory_size": 1})
    asked = user(provider.requests[8])
    assert "- Trial 2:" in asked
    assert "- Trial 1:" not in asked
    assert engine.events("artifact")[-2]["unused"] == 1


async def test_a_failed_check_decides_without_a_model(engine: Harness, provider: Provider):
    provider.script = [PLAN, Say("Too many words here."), LESSON, PLAN, Say("Two words."), SUCCESS]
    result = await engine.run(SPEC, goals=("At most 2 words", "Friendly"))
    assert result.answer == "Two words."
    assert "Unmet: At most 2 words: It has 4 words." in user(provider.requests[2])
    judged = user(provider.requests[-1])
    assert "<criteria>\n- Friendly\n</criteria>" in judged


async def test_a_model_alone_is_asked_about_every_goal(engine: Harness, provider: Provider):
    provider.script = [PLAN, Say("Too many words here."), SUCCESS]
    await engine.run(SPEC, goals=("At most 2 words",), params={"evaluator": "llm"})
    assert "<criteria>\n- At most 2 words\n</criteria>" in user(provider.requests[-1])


async def test_checks_alone_say_what_they_did_not_test(engine: Harness, provider: Provider):
    provider.script = [PLAN, Say("Two words.")]
    goals = ("At most 2 words", "Friendly")
    result = await engine.run(SPEC, goals=goals, params={"evaluator": "checks"})
    assert result.answer_kind == "final"
    assert result.warnings == ("This goal was not tested: Friendly",)


async def test_without_a_goal_to_check_the_first_trial_is_delivered_untested(
    engine: Harness, provider: Provider
):
    provider.script = [PLAN, Say("A note.")]
    result = await engine.run(SPEC, params={"evaluator": "checks"})
    assert (result.answer, result.answer_kind) == ("A note.", "best_effort")
    assert result.warnings == ("Not tested: it has no goal that can be checked exactly.",)


async def test_the_closing_says_which_goals_it_misses(engine: Harness, provider: Provider):
    provider.script = [PLAN, Say("One two three."), Say("One two three four.")]
    result = await engine.run(SPEC, goals=("At most 2 words",), params={"max_trials": 1})
    assert result.warnings == ("A goal is not met: At most 2 words. It has 4 words.",)


async def test_a_repeated_result_ends_the_trials(engine: Harness, provider: Provider):
    provider.script = [PLAN, Say("Same."), verdict(), LESSON, PLAN, Say(" Same.\n"), Say("Closed.")]
    result = await engine.run(SPEC)
    assert (result.answer, result.stop_reason) == ("Closed.", "no_progress")


@pytest.mark.parametrize(
    "bad",
    [
        Say("A success, I think."),
        verdict("success", criteria=[{"name": "whole", "met": False, "evidence": ""}]),
        verdict("success", 8),
    ],
)
async def test_an_unusable_verdict_is_repaired_once_and_then_no_success(
    engine: Harness, provider: Provider, bad: Say
):
    provider.script = [PLAN, Say("A note."), bad, SUCCESS]
    assert (await engine.run(SPEC)).answer_kind == "final"
    assert engine.codes() == ["repair"]
    engine.forget()
    provider.script = [PLAN, Say("A note."), bad, bad, Say("Closed.")]
    result = await engine.run(SPEC, params={"max_trials": 1})
    assert (result.answer, result.answer_kind) == ("Closed.", "best_effort")
    assert engine.codes() == ["repair", "fallback"]
    assert result.warnings == ("Trial 1 could not be judged.",)


async def test_nothing_is_learnt_from_a_trial_that_was_not_judged(
    engine: Harness, provider: Provider
):
    provider.script = [PLAN, Say("A."), Say("?"), Say("?"), PLAN, Say("B."), SUCCESS]
    assert (await engine.run(SPEC)).answer == "B."
    assert "<lessons>\nNone yet.\n</lessons>" in user(provider.requests[4])


async def test_where_no_lesson_can_be_had_the_report_stands_for_it(
    engine: Harness, provider: Provider
):
    provider.script = [PLAN, Say("A."), verdict(), Say("?"), Say("?"), PLAN, Say("B."), SUCCESS]
    await engine.run(SPEC)
    assert "- Trial 1: Too vague." in user(provider.requests[5])
    assert engine.codes() == ["repair", "fallback"]


async def test_killed_after_any_call_of_a_second_trial_it_ends_the_same(
    engine: Harness, provider: Provider
):
    script = [PLAN, Say("Bad."), verdict(), LESSON, PLAN, Say("Worse."), verdict(), Say("Closed.")]
    steps = ("t1/plan", "t1/try", "t1/evaluate", "t1/reflect", "t2/plan", "t2/try", "t2/evaluate")
    for dies_after in (*steps, "close"):
        engine.journal = journal = Mortal(f"reflexion/{dies_after}")
        provider.script, provider.requests = list(script), []
        with pytest.raises(Died):
            await engine.run(SPEC, params={"max_trials": 2})
        result = await engine.run(SPEC, params={"max_trials": 2})
        assert result.answer == "Closed."
        assert len(provider.requests) == len(journal.steps) == len(script)


async def test_without_money_the_best_trial_is_delivered(engine: Harness, provider: Provider):
    engine.journal = Poor(6)
    provider.script = [PLAN, Say("Best."), verdict(score=0.8), LESSON, PLAN, Say("Unjudged.")]
    result = await engine.run(SPEC)
    assert (result.answer, result.answer_kind, result.stop_reason) == (
        "Best.",
        "best_effort",
        "budget",
    )


async def test_the_planner_is_told_what_money_is_left(engine: Harness, provider: Provider):
    engine.journal = Limited(9)
    provider.script = [PLAN, Say("A note."), SUCCESS]
    await engine.run(SPEC)
    assert user(provider.requests[0]).endswith(Purse("0.05", 9).line)


async def test_a_provider_error_keeps_the_trial(engine: Harness, provider: Provider):
    provider.script = [PLAN, Say("A note."), Refuse(404, "gone")]
    result = await engine.run(SPEC)
    assert (result.status, result.answer, result.answer_kind) == ("failed", "A note.", "partial")


async def test_each_step_is_played_by_its_role(engine: Harness, provider: Provider):
    provider.script = [PLAN, Say("A."), verdict(), LESSON, PLAN, Say("B."), SUCCESS]
    roles = {"thinking": "thinker", "execution": "writer", "reflection": "critic"}
    await engine.run(SPEC, roles=roles)
    models = [body["model"] for body in provider.requests]
    assert models == ["thinker", "writer", "critic", "critic", "thinker", "writer", "critic"]
