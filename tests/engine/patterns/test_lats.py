"""LATS: how its tree grows, what ends a search, and what is delivered."""

from typing import Any

import pytest

from runs.engine.registry import PATTERNS
from runs.engine.types import Spec
from tests.engine.harness import Harness
from tests.engine.patterns.searched import (
    CLOSED,
    Endless,
    asked,
    candidates,
    final,
    judge,
    judged,
    nodes,
    score,
    scores,
    step,
    system,
)
from tests.engine.scripted import Body, Provider, Refuse, Say

SPEC = Spec("What is 6*7?", "lats", "m-1", tools=("calculator",))
GOOD = [candidates(final("42"), step("doubt it")), scores(0.97, 0.3)]


def most(params: dict[str, Any]) -> int:
    pattern = PATTERNS["lats"]
    return pattern.calls(pattern.params.model_validate(params))[2]


async def test_an_answer_that_is_good_enough_ends_it_at_once(engine: Harness, provider: Provider):
    provider.script = [*GOOD]
    result = await engine.run(SPEC)
    assert (result.answer, result.answer_kind, result.stop_reason) == ("42", "final", "completed")
    assert engine.keys == ["lats/i1/expand", "lats/i1/evaluate"]
    assert engine.codes() == []
    tree = nodes(engine)
    assert [(id, node["state"]) for id, node in tree.items()] == [
        ("0", "chosen"),
        ("0.1", "answer"),
        ("0.2", "open"),
    ]
    assert [tree[id]["visits"] for id in tree] == [2, 1, 1]
    assert tree["0"]["score"] == pytest.approx((0.97 + 0.3) / 2)


async def test_it_goes_on_where_it_is_most_promising(engine: Harness, provider: Provider):
    provider.script = [
        candidates(step("guess"), step("count")),
        scores(0.2, 0.8),
        candidates(final("42")),
        scores(0.96),
    ]
    result = await engine.run(SPEC)
    assert result.answer == "42"
    route = '<step id="1">\nTo count\ncount\n<remark>\nso so\n</remark>\n</step>'
    assert route in asked(provider.requests[2])
    assert "guess" not in asked(provider.requests[2])
    assert {id: n["state"] for id, n in nodes(engine).items()} == {
        "0": "chosen",
        "0.1": "open",
        "0.2": "chosen",
        "0.2.1": "answer",
    }


@pytest.mark.parametrize(
    ("params", "calls"),
    [
        ({}, 21),
        ({"batch_evaluate": False}, 41),
        ({"max_iterations": 2}, 5),
        ({"max_iterations": 3, "num_expansions": 2, "batch_evaluate": False}, 10),
    ],
)
async def test_the_most_calls_are_as_the_formula_says(
    engine: Harness, provider: Provider, params: dict[str, Any], calls: int
):
    provider.answer = Endless(params.get("num_expansions", 3))
    result = await engine.run(SPEC, params=params | {"patience": 20, "max_depth": 10})
    assert len(provider.requests) == calls == most(params)
    assert (result.answer, result.answer_kind, result.stop_reason) == (
        "Closed.",
        "best_effort",
        "max_iterations",
    )


async def test_without_anything_better_it_loses_patience(engine: Harness, provider: Provider):
    provider.answer = Endless()
    result = await engine.run(SPEC, params={"patience": 2})
    assert (result.answer, result.stop_reason) == ("Closed.", "no_progress")
    assert len(provider.requests) == 2 * (1 + 2) + 1


async def test_a_rising_score_keeps_it_going(engine: Harness, provider: Provider):
    provider.answer = Endless(worth=lambda made: made / 100)
    result = await engine.run(SPEC, params={"patience": 1, "max_iterations": 4})
    assert result.stop_reason == "max_iterations"


async def test_when_every_route_has_ended_the_best_answer_is_delivered(
    engine: Harness, provider: Provider
):
    provider.script = [candidates(final("41"), final("42"), final("43")), scores(0.2, 0.9, 0.3)]
    result = await engine.run(SPEC)
    assert (result.answer, result.answer_kind, result.stop_reason) == (
        "42",
        "best_effort",
        "exhausted",
    )
    assert len(provider.requests) == 2


async def test_a_long_answer_is_written_at_the_end(engine: Harness, provider: Provider):
    provider.script = [candidates(final("", "all is known")), scores(0.99), CLOSED]
    result = await engine.run(SPEC)
    assert (result.answer, result.answer_kind, result.stop_reason) == (
        "Closed.",
        "final",
        "completed",
    )
    assert engine.keys[-1] == "lats/close"
    assert "all is known" in asked(provider.requests[-1])


async def test_an_answer_that_was_cut_is_no_final_one(engine: Harness, provider: Provider):
    cut = Say("Clo", finish="length")
    provider.script = [candidates(final("", "all is known")), scores(0.99), cut]
    result = await engine.run(SPEC)
    assert (result.answer, result.answer_kind) == ("Clo", "best_effort")
    assert result.warnings == ("The answer was cut at the output cap.",)


async def test_the_answer_comes_from_the_best_node_and_not_the_best_mean(
    engine: Harness, provider: Provider
):
    provider.script = [
        candidates(step("left"), step("right")),
        scores(0.7, 0.6),
        candidates(step("left again"), step("left once more")),
        scores(0.1, 0.1),
        candidates(step("far right")),
        scores(0.9),
        CLOSED,
    ]
    await engine.run(SPEC, params={"max_iterations": 3, "exploration_weight": 0})
    assert "far right" in asked(provider.requests[-1])
    assert "left" not in asked(provider.requests[-1])


async def test_what_was_not_good_enough_is_told_to_whoever_goes_on(
    engine: Harness, provider: Provider
):
    provider.script = [
        candidates(final("41", "a slip"), step("count")),
        scores(0.4, 0.6),
        *GOOD,
    ]
    await engine.run(SPEC)
    told = asked(provider.requests[2])
    assert "<not_good_enough>\n- To a slip: so so\n</not_good_enough>" in told


async def test_at_its_depth_a_route_has_to_end(engine: Harness, provider: Provider):
    provider.answer = Endless()
    result = await engine.run(SPEC, params={"max_depth": 1})
    assert "Each has to be final." in asked(provider.requests[0])
    assert result.stop_reason == "exhausted"
    assert len(provider.requests) == 3


async def test_in_the_last_iteration_too(engine: Harness, provider: Provider):
    provider.answer = Endless()
    await engine.run(SPEC, params={"max_iterations": 2})
    first, second = asked(provider.requests[0]), asked(provider.requests[2])
    assert "At most 1 more steps may follow." in first
    assert "Each has to be final." in second


async def test_titles_and_notes_are_short_and_on_one_line(engine: Harness, provider: Provider):
    words = "so\nmany  words " * 50
    long = final("42") | {"action": words}
    provider.script = [candidates(long), judge(score("1", 0.97, words))]
    await engine.run(SPEC, task="What\nis 6*7? " * 50)
    for node in nodes(engine).values():
        assert len(node["title"]) <= 100
        assert len(node["note"]) <= 200
        assert "\n" not in node["title"] + node["note"]


async def test_candidates_that_are_judged_one_by_one_are_judged_side_by_side(
    engine: Harness, provider: Provider
):
    def answer(body: Body) -> Say:
        if "You judge" not in system(body):
            return candidates(final("42"), step("doubt"), step("count"))
        (id,) = judged(body)
        said = judge(score(id, 0.97))
        said.pause_s = 0.05
        return said

    provider.answer = answer
    await engine.run(SPEC, params={"batch_evaluate": False})
    assert engine.keys == ["lats/i1/expand", *(f"lats/i1/evaluate/{n}" for n in (1, 2, 3))]
    order = [name for name, _ in engine.journal.events if name.startswith("step.")]
    assert order[2:] == ["step.started"] * 3 + ["step.finished"] * 3


@pytest.mark.parametrize("failure", [Refuse(404, "no"), Say(refusal="I can't."), Say("?")])
async def test_where_one_of_them_fails_the_others_stand(
    engine: Harness, provider: Provider, failure: Say | Refuse
):
    def answer(body: Body) -> Say | Refuse:
        if "You judge" not in system(body):
            return candidates(step("doubt"), final("42"))
        return failure if judged(body) == ["1"] else judge(score("2", 0.97))

    provider.answer = answer
    result = await engine.run(SPEC, params={"batch_evaluate": False})
    assert (result.answer, result.answer_kind) == ("42", "final")
    assert nodes(engine)["0.1"]["state"] == "cut"


async def test_a_threshold_may_be_low(engine: Harness, provider: Provider):
    provider.script = [candidates(step("count"), final("42")), scores(0.9, 0.3)]
    result = await engine.run(SPEC, params={"success_threshold": 0.3})
    assert (result.answer, result.answer_kind) == ("42", "final")


async def test_each_step_is_played_by_its_role(engine: Harness, provider: Provider):
    provider.script = [candidates(final("", "enough")), scores(0.99), CLOSED]
    await engine.run(SPEC, roles={"thinking": "thinker", "evaluation": "judge"})
    assert [body["model"] for body in provider.requests] == ["thinker", "judge", "thinker"]


async def test_where_a_model_refuses_to_go_on_that_route_ends(engine: Harness, provider: Provider):
    provider.script = [
        candidates(step("left"), step("right")),
        scores(0.9, 0.8),
        Say(refusal="I can't."),
        candidates(final("42")),
        scores(0.97),
    ]
    assert (await engine.run(SPEC)).answer == "42"
    assert nodes(engine)["0.1"]["state"] == "cut"


async def test_a_refusal_at_the_start_ends_the_run(engine: Harness, provider: Provider):
    provider.script = [Say(refusal="I can't.")]
    result = await engine.run(SPEC)
    assert (result.status, result.stop_reason) == ("failed", "refused")


async def test_when_the_provider_fails_what_was_found_is_shown(engine: Harness, provider: Provider):
    provider.script = [candidates(final("41"), step("count")), scores(0.4, 0.6), Refuse(404, "no")]
    result = await engine.run(SPEC)
    assert (result.status, result.answer, result.answer_kind) == ("failed", "41", "partial")


async def test_when_no_score_can_be_had_for_the_providers_sake_the_run_fails(
    engine: Harness, provider: Provider
):
    provider.script = [candidates(step("count")), Refuse(404, "no")]
    result = await engine.run(SPEC)
    assert (result.status, result.answer_kind) == ("failed", "partial")
    assert "count" in (result.answer or "")
