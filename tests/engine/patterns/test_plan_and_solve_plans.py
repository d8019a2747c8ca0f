"""Plan-and-Solve with plans that are wrong: one repair, then a remedy, and no plan made up."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runs.engine.plans import graph, steps
from tests.engine.harness import Harness
from tests.engine.planning import SPEC, asked_for, plan, playing, step, user
from tests.engine.scripted import Provider, Say

CIRCLE = plan(step("a", "b"), step("b", "a"))
GOOD = plan(step("a"), step("b", "a"))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (Say("First do this, then that."), "no JSON object"),
        (plan(), "The plan has no steps."),
        (CIRCLE, "in a circle"),
        (plan(step("a", "z")), "a needs z, which is no task of the plan."),
        (plan(step("a"), step("a")), "used more than once: a"),
        (plan(*(step(f"s{n}") for n in range(9))), "It has 9 steps: at most 8"),
    ],
    ids=["prose", "empty", "circle", "unknown", "repeated", "too many"],
)
async def test_a_wrong_plan_is_repaired_once(
    engine: Harness, provider: Provider, wrong: Say, said: str
):
    provider.script = [wrong, GOOD]
    provider.answer = playing(GOOD)
    assert (await engine.run(SPEC)).answer == "Two hours."
    assert engine.codes() == ["repair"]
    assert said in provider.requests[1]["messages"][-1]["content"]


async def test_without_a_plan_the_task_is_answered_directly(engine: Harness, provider: Provider):
    provider.script = [Say("1. Do this."), Say("2. Do that."), Say("Two hours.")]
    result = await engine.run(SPEC)
    assert (result.answer, result.answer_kind, result.stop_reason) == (
        "Two hours.",
        "best_effort",
        "no_plan",
    )
    assert engine.codes() == ["repair", "fallback"]
    assert engine.events("artifact") == []
    assert "no step was worked on" in user(provider.requests[-1])


async def test_a_circle_that_stays_is_worked_off_in_list_order(engine: Harness, provider: Provider):
    provider.answer = playing(CIRCLE)
    assert (await engine.run(SPEC)).answer == "Two hours."
    assert engine.codes() == ["repair", "fallback"]
    shown = engine.events("artifact")[0]
    assert [one["needs"] for one in shown["items"]] == [[], ["1"]]


async def test_a_plan_that_was_read_outlives_a_repair_that_was_not(
    engine: Harness, provider: Provider
):
    provider.script = [CIRCLE, Say("Sorry.")]
    provider.answer = playing(CIRCLE)
    assert (await engine.run(SPEC)).answer_kind == "final"
    assert engine.events("artifact")[0]["kind"] == "outline"


async def test_steps_over_the_limit_are_merged_into_the_last(engine: Harness, provider: Provider):
    provider.answer = playing(plan(*(step(f"s{n}") for n in range(1, 6))))
    await engine.run(SPEC, params={"max_steps": 3})
    worked = [user(body) for body in provider.requests if asked_for(body) == "step_result"]
    assert len(worked) == 3
    assert "Do s3.\nTitle s4: Do s4.\nTitle s5: Do s5." in worked[2]


async def test_a_result_that_cannot_be_read_is_no_result(engine: Harness, provider: Provider):
    provider.answer = playing(plan(step("a"), step("b")), s1=Say("All done, status ok!"))
    result = await engine.run(SPEC)
    assert result.warnings == ("Step 1 “Title a”: failed. Its result could not be read.",)
    assert result.answer_kind == "best_effort"


IDS = st.sampled_from(["a", "b", "c", "1", "2", "", "${a}", "execute", "{plan}"])
HOSTILE = st.lists(
    st.builds(lambda id, needs: step(id, *needs), IDS, st.lists(IDS, max_size=4)),
    min_size=1,
    max_size=12,
)


@given(HOSTILE, st.integers(1, 8), st.lists(st.sampled_from(["1", "2"]), unique=True))
def test_whatever_was_planned_there_is_an_order(
    planned: list[dict[str, Any]], most: int, known: list[str]
):
    found = steps.numbered(planned, most, known, 3)
    assert [one.number for one in found] == [str(3 + n) for n in range(min(len(planned), most))]
    needs = {one.number: one.needs for one in found} | {one: () for one in known}
    assert graph.faults(needs) == []


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(planned=HOSTILE, replans=st.integers(0, 1))
async def test_no_plan_makes_more_calls_than_the_formula_and_its_repairs(
    engine: Harness, provider: Provider, planned: list[dict[str, Any]], replans: int
):
    engine.forget()
    provider.requests.clear()
    provider.answer = playing(plan(*planned))
    result = await engine.run(SPEC, params={"max_steps": 4, "max_replans": replans})
    assert result.status == "succeeded"
    assert len(provider.requests) <= (1 + replans) * (4 + 2) + 1


async def test_thousands_of_steps_are_no_more_than_the_limit(engine: Harness, provider: Provider):
    provider.answer = playing(plan(*(step(f"s{n}") for n in range(1000))))
    await engine.run(SPEC, params={"max_steps": 2})
    assert len(provider.requests) == 5
    assert all(len(user(body)) < 15_000 for body in provider.requests)
