"""Overrides, goals and custom instructions reach every step; variables are put in once."""

from typing import Any

import pytest

from runs.engine.prompts import fill, problems
from runs.engine.registry import PATTERNS
from tests.engine.harness import REACT, REFLECTION, Harness
from tests.engine.replies import LOOK, review
from tests.engine.scripted import Body, Provider, Say


def systems(provider: Provider) -> list[str]:
    return [body["messages"][0]["content"] for body in provider.requests]


def test_what_was_put_in_is_not_looked_at_again():
    assert fill("{task} {draft}", {"task": "{draft}", "draft": "{task}"}) == "{draft} {task}"


def test_braces_that_are_no_variables_stay():
    assert fill("{} {x} {{task}} {a.b} {'a': 1}", {"task": "T"}) == "{} {x} {T} {a.b} {'a': 1}"


@pytest.mark.parametrize("spec", [REACT, REFLECTION], ids=["react", "reflection"])
async def test_goals_and_instructions_reach_every_step(
    engine: Harness, provider: Provider, spec: Any
):
    def answer(body: Body) -> Say:
        if "response_format" in body:
            return review()
        return Say("text of version " + str(len(provider.requests)))

    provider.answer = answer
    if spec is REACT:
        provider.script = [LOOK] * 5
    await engine.run(spec, custom_instructions="Speak {task} Latin.", goals=("be brief",))
    assert len(provider.requests) >= 3
    for system in systems(provider):
        assert system.endswith("Speak {task} Latin.")
        assert "- be brief" in system


async def test_a_half_override_leaves_the_other_half(engine: Harness, provider: Provider):
    prompts = {"generate": {"system": "You are a poet. {draft}"}, "reflect": {"user": "{draft}!"}}
    provider.script = [Say("A first draft."), review(), Say("A second draft.")]
    await engine.run(REFLECTION, prompts=prompts)
    generate, reflect, refine = (body["messages"] for body in provider.requests)
    assert generate[0]["content"] == "You are a poet. {draft}"
    assert "Write a note." in generate[1]["content"]
    assert "strict and fair reviewer" in reflect[0]["content"]
    assert reflect[1]["content"] == "A first draft.!"
    assert "improve a draft" in refine[0]["content"]


@pytest.mark.parametrize(
    ("prompts", "said"),
    [
        ({"genrate": {"system": "x"}}, "no step “genrate”"),
        ({"generate": {"sytem": "x"}}, "neither system nor user"),
        ({"generate": {"user": "{task} {draft}"}}, "no variable {draft}"),
        ({"refine": {"user": "{task} {draft}"}}, "{review} is missing"),
    ],
)
def test_mistakes_in_overrides_are_named(prompts: dict[str, Any], said: str):
    (problem,) = problems("Reflection", PATTERNS["reflection"].steps, prompts)
    assert said in problem.message
    assert problem.step == next(iter(prompts))


def test_good_overrides_are_fine():
    good = {"generate": {"system": 'Use {"a": {"b": 1}} and {}.', "user": "{task}"}, "refine": {}}
    assert problems("Reflection", PATTERNS["reflection"].steps, good) == []


def test_the_built_in_prompts_keep_the_rules_for_overrides():
    for pattern in PATTERNS.values():
        built_in = {s.key: {"system": s.system, "user": s.user} for s in pattern.steps}
        assert problems(pattern.label, pattern.steps, built_in) == []
