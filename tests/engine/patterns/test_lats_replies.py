"""LATS: what is kept of replies that are wrong in part, and what is never made up."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runs.engine.types import Spec
from tests.engine.harness import Harness
from tests.engine.patterns.searched import (
    CLOSED,
    CLOSES,
    EXPANDS,
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
from tests.engine.scripted import Body, Provider, Say

SPEC = Spec("What is 6*7?", "lats", "m-1", tools=("calculator",))
TWO = candidates(step("guess"), step("count"))
FOUND = [candidates(final("42")), scores(0.97)]


@pytest.mark.parametrize(
    ("second", "fault"),
    [
        ([], "Candidate 2 is judged not at all."),
        ([score("2", 8)], "Candidate 2: progress, correctness, confidence have to be from 0 to 1."),
        ([score("2", -0.1)], "Candidate 2: progress"),
        ([score("2", 0.1), score("2", 0.9)], "Candidate 2 is judged more than once."),
        ([score("candidate 2", 0.9)], "Candidate 2 is judged not at all."),
    ],
)
async def test_the_usable_scores_are_kept_and_the_rest_is_asked_for_once(
    engine: Harness, provider: Provider, second: list[Body], fault: str
):
    provider.script = [TWO, judge(score("1", 0.2), *second), judge(score("2", 0.6)), *FOUND]
    result = await engine.run(SPEC)
    assert result.answer == "42"
    assert engine.keys[2] == "lats/i1/evaluate/repair"
    said = provider.requests[2]["messages"][-1]["content"]
    assert fault in said
    assert "Candidate 1" not in said
    assert engine.codes() == ["repair"]
    assert [nodes(engine)[id]["score"] for id in ("0.1", "0.2.1")] == [0.2, 0.97]


@pytest.mark.parametrize("bad", ["8/10", 8, True, None, "0.8", 1e400])
async def test_a_score_that_cannot_be_had_is_not_made_up(
    engine: Harness, provider: Provider, bad: Any
):
    written = judge(score("1", 0.5), score("2", bad)) if bad != 1e400 else None
    said = written or Say('{"scores": [{"id": "2", "progress": 1e400}]}')
    one = judge(score("1", 0.5))
    provider.script = [TWO, said, one, *FOUND]
    assert (await engine.run(SPEC)).answer == "42"
    assert "guess" in asked(provider.requests[3])
    assert engine.codes() == ["repair", "fallback"]
    unscored = nodes(engine)["0.2"]
    assert unscored == {
        "id": "0.2",
        "title": "To count",
        "note": "not scored",
        "score": None,
        "visits": 0,
        "state": "cut",
    }


async def test_without_any_score_it_says_so_and_follows_nothing(
    engine: Harness, provider: Provider
):
    provider.script = [TWO, Say("Both are fine, 8/10."), Say("As I said."), CLOSED]
    result = await engine.run(SPEC)
    assert (result.answer, result.answer_kind, result.stop_reason) == (
        "Closed.",
        "best_effort",
        "exhausted",
    )
    assert result.warnings == ("Nothing that it found could be scored.",)
    assert "guess" in asked(provider.requests[-1])


async def test_an_answer_without_a_score_is_delivered_where_there_is_no_other(
    engine: Harness, provider: Provider
):
    provider.script = [candidates(final("42")), Say("?"), Say("?")]
    result = await engine.run(SPEC, params={"success_threshold": 0})
    assert (result.answer, result.answer_kind) == ("42", "best_effort")
    assert result.warnings == ("Nothing that it found could be scored.",)


@pytest.mark.parametrize(
    "bad",
    [Say("1. Look it up.\n2. Multiply."), candidates(), candidates(step("") | {"action": ""})],
)
async def test_without_usable_candidates_none_are_made_up(
    engine: Harness, provider: Provider, bad: Say
):
    provider.script = [bad, bad, CLOSED]
    result = await engine.run(SPEC)
    assert (result.answer, result.answer_kind) == ("Closed.", "best_effort")
    assert engine.keys == ["lats/i1/expand", "lats/i1/expand/repair", "lats/close"]
    assert engine.codes() == ["repair", "fallback"]
    assert result.warnings == ("No usable step was proposed.",)
    assert [*nodes(engine)] == ["0"]
    assert "<route>\nNothing yet.\n</route>" in asked(provider.requests[-1])


async def test_a_node_from_which_nothing_goes_on_is_cut(engine: Harness, provider: Provider):
    provider.script = [TWO, scores(0.9, 0.5), candidates(), candidates(), *FOUND]
    assert (await engine.run(SPEC)).answer == "42"
    dead = nodes(engine)["0.1"]
    assert (dead["state"], dead["note"]) == ("cut", "so so (no way on)")


async def test_the_usable_candidates_are_kept_and_the_rest_is_asked_for_once(
    engine: Harness, provider: Provider
):
    bad = step("compute", "calculator", formula="6*7")
    mended = step("compute", "calculator", expression="6*7")
    provider.script = [candidates(step("count"), bad), candidates(mended), scores(0.5, 0.6), *FOUND]
    await engine.run(SPEC)
    assert "Candidate 2: The arguments don't fit" in provider.requests[1]["messages"][-1]["content"]
    assert [node["title"] for node in nodes(engine).values()][1:3] == ["To count", "To compute"]


async def test_when_there_are_enough_the_rest_is_let_go(engine: Harness, provider: Provider):
    bad = step("compute", "calculator", formula="6*7")
    many = candidates(bad, *(step(f"think {n}") for n in range(9)))
    provider.script = [many, scores(0.5, 0.4, 0.3), *FOUND]
    await engine.run(SPEC)
    assert engine.codes() == []
    assert len(nodes(engine)) == 1 + 3 + 1


async def test_candidates_that_do_the_same_are_one(engine: Harness, provider: Provider):
    same = [
        step("Count  them.\n"),
        step("count them."),
        step("use it", "calculator", expression="6*7"),
        step("use it again", "calculator", expression="6*7"),
        final("It is 42.", "so"),
        final("it is\n42.", "or so"),
    ]
    provider.script = [candidates(*same), scores(0.5, 0.5, 0.97)]
    await engine.run(SPEC, params={"num_expansions": 6})
    assert judged(provider.requests[1]) == ["1", "2", "3"]
    assert [key["key"] for key in engine.events("tool.started")] == ["lats/i1/tool/2"]


NUMBERS = st.sampled_from([0, 0.5, 0.97, 1, -1, 8, "8/10", None, True, 1e300])
TEXTS = st.sampled_from(
    ["", "1", "2", "0.1", "think", "{task}", "</candidate>", "${E1}", "x" * 999]
)
CANDIDATE = st.fixed_dictionaries(
    {
        "action": TEXTS,
        "thought": TEXTS,
        "tool": st.sampled_from(["none", "calculator", "crystal_ball", ""]),
        "arguments_json": st.sampled_from(['{"expression": "6*7"}', "{}", "[", "[]", ""]),
        "is_final": st.booleans(),
        "answer": TEXTS,
    }
)
HOSTILE = st.one_of(
    st.lists(CANDIDATE, max_size=5).map(lambda found: candidates(*found)),
    st.just(candidates(*(step(f"think {n}") for n in range(300)))),
    st.just(Say("[" * 500)),
)
VERDICT = st.one_of(
    st.lists(st.builds(score, TEXTS, NUMBERS), max_size=5).map(lambda found: judge(*found)),
    st.just(scores(0.5, 0.5, 0.5)),
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(HOSTILE, min_size=1, max_size=4), st.lists(VERDICT, min_size=1, max_size=4))
async def test_whatever_the_replies_it_ends_within_its_formula(
    engine: Harness, provider: Provider, expansions: list[Say], verdicts: list[Say]
):
    provider.requests.clear()
    engine.forget()
    turns = {EXPANDS: 0, "": 0}

    def answer(body: Body) -> Say:
        if system(body).startswith(CLOSES):
            return CLOSED
        kind = EXPANDS if system(body).startswith(EXPANDS) else ""
        replies = expansions if kind else verdicts
        turns[kind] += 1
        return replies[turns[kind] % len(replies)]

    provider.answer = answer
    result = await engine.run(SPEC, params={"max_iterations": 4, "max_depth": 3})
    assert result.status == "succeeded"
    assert result.answer
    # Each call but the last one may need a repair.
    assert len(provider.requests) <= 2 * 2 * 4 + 1
    assert all(node["visits"] > 0 for node in nodes(engine).values() if node["score"] is not None)
