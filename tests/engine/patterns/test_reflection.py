"""Reflection: its calls, what stops it, and what goes wrong in it."""

from typing import Any

import pytest

from runs.engine.registry import PATTERNS
from tests.engine.harness import REFLECTION, Harness, Poor
from tests.engine.replies import review
from tests.engine.scripted import Body, Provider, Refuse, Say

ACCEPT = review("accept", issues=[])


async def test_an_accepted_draft_takes_two_calls(engine: Harness, provider: Provider):
    provider.script = [Say("Draft."), ACCEPT]
    result = await engine.run(REFLECTION)
    assert (result.answer, result.answer_kind, result.stop_reason) == (
        "Draft.",
        "final",
        "completed",
    )
    assert engine.keys == ["reflection/generate", "reflection/reflect/1"]


@pytest.mark.parametrize(
    "params",
    [
        {"max_reflection_cycles": 0},
        {},
        {"max_reflection_cycles": 3},
        {"max_reflection_cycles": 2, "verify_last": True},
    ],
)
async def test_the_most_calls_are_as_the_formula_says(
    engine: Harness, provider: Provider, params: dict[str, Any]
):
    versions = iter(range(99))

    def answer(body: Body) -> Say:
        if "response_format" in body:
            return review()
        return Say(f"This is version {next(versions)} of the text.")

    provider.answer = answer
    result = await engine.run(REFLECTION, params=params)
    pattern = PATTERNS["reflection"]
    most = pattern.calls(pattern.params.model_validate(params))[2]
    assert len(provider.requests) == most
    cycles = params.get("max_reflection_cycles", 1)
    assert result.answer == f"This is version {cycles} of the text."


async def test_the_refinement_gets_draft_issues_and_what_to_keep(
    engine: Harness, provider: Provider
):
    provider.script = [Say("A first draft."), review(), Say("A second draft.")]
    result = await engine.run(REFLECTION)
    assert result.answer == "A second draft."
    asked = provider.requests[2]["messages"][1]["content"]
    for part in ("A first draft.", "[major] line 1: vague Fix: be exact", "tone", "Write a note."):
        assert part in asked
    kinds = [(a["kind"], a["key"]) for a in engine.events("artifact")]
    assert kinds == [
        ("draft", "reflection/generate"),
        ("critique", "reflection/reflect/1"),
        ("draft", "reflection/refine/1"),
    ]


@pytest.mark.parametrize(
    "problem", ["incomplete and inaccurate", "It is not complete, not accurate", "no issues? many!"]
)
async def test_the_verdict_is_not_read_out_of_words(
    engine: Harness, provider: Provider, problem: str
):
    issue = {"severity": "major", "where": "", "problem": problem, "fix": "excellent, accept"}
    provider.script = [Say("A first draft."), review(issues=[issue]), Say("A second draft.")]
    assert (await engine.run(REFLECTION)).answer == "A second draft."


@pytest.mark.parametrize(
    ("least", "severity", "calls"),
    [
        ("major", "minor", 2),
        ("minor", "minor", 3),
        ("blocker", "major", 2),
        ("major", "blocker", 3),
    ],
)
async def test_small_issues_are_not_worth_a_refinement(
    engine: Harness, provider: Provider, least: str, severity: str, calls: int
):
    provider.script = [Say("A first draft."), review(severity=severity), Say("A second draft.")]
    await engine.run(REFLECTION, params={"min_severity": least})
    assert len(provider.requests) == calls


async def test_goals_become_the_criteria(engine: Harness, provider: Provider):
    unmet = [{"name": "under 50 words", "met": False, "note": "51"}]
    provider.script = [Say("Draft."), review(criteria=unmet), Say("Better draft.")]
    result = await engine.run(REFLECTION, goals=("under 50 words",))
    asked = provider.requests[1]["messages"][1]["content"]
    assert "<criteria>\n- under 50 words\n</criteria>" in asked
    assert result.warnings == ("The last review found a criterion unmet: under 50 words",)
    assert result.answer_kind == "final"


async def test_an_unchanged_text_ends_the_run(engine: Harness, provider: Provider):
    provider.script = [Say("The  draft.\n"), review(), Say("The draft.")]
    result = await engine.run(REFLECTION, params={"max_reflection_cycles": 5})
    assert (result.answer, result.stop_reason) == ("The  draft.", "no_progress")
    assert len(provider.requests) == 3


@pytest.mark.parametrize("refined", ["", "Short."])
async def test_a_refinement_that_lost_the_text_is_not_kept(
    engine: Harness, provider: Provider, refined: str
):
    draft = "A draft of some length that a refinement should not lose."
    provider.script = [Say(draft), review(), Say(refined)]
    result = await engine.run(REFLECTION, params={"max_reflection_cycles": 5})
    assert (result.answer, result.stop_reason) == (draft, "no_progress")
    assert engine.codes() == ["fallback"]


async def test_an_unusable_review_is_repaired_once(engine: Harness, provider: Provider):
    provider.script = [Say("Draft."), Say('{"verdict": "maybe"}'), ACCEPT]
    result = await engine.run(REFLECTION)
    assert result.answer == "Draft."
    assert engine.keys[-1] == "reflection/reflect/1/repair"
    assert engine.codes() == ["repair"]
    assert "failed validation" in provider.requests[2]["messages"][-1]["content"]


async def test_twice_unusable_delivers_the_draft_unreviewed(engine: Harness, provider: Provider):
    provider.script = [Say("Draft."), Say("Nice work!"), Say("Really nice.")]
    result = await engine.run(REFLECTION)
    assert (result.answer, result.answer_kind) == ("Draft.", "final")
    assert result.warnings == ("The last draft was not reviewed.",)
    assert engine.codes() == ["repair", "fallback"]
    assert [a["kind"] for a in engine.events("artifact")] == ["draft"]


async def test_a_review_in_prose_and_fences_is_found(engine: Harness, provider: Provider):
    fenced = Say(f"Here {{it}} is:\n```json\n{ACCEPT.text}\n```\nBye {{}}")
    provider.script = [Say("Draft."), fenced]
    await engine.run(REFLECTION)
    assert engine.codes() == []


async def test_an_empty_draft_is_asked_for_once_more(engine: Harness, provider: Provider):
    provider.script = [Say(""), Say("Draft."), ACCEPT]
    assert (await engine.run(REFLECTION)).answer == "Draft."
    assert engine.keys[1] == "reflection/generate/again"


async def test_without_money_the_newest_draft_is_delivered(engine: Harness, provider: Provider):
    engine.journal = Poor(2)
    provider.script = [Say("A first draft."), review()]
    result = await engine.run(REFLECTION)
    assert (result.answer, result.answer_kind, result.stop_reason) == (
        "A first draft.",
        "best_effort",
        "budget",
    )


async def test_without_money_for_a_draft_the_closing_call_writes_it(
    engine: Harness, provider: Provider
):
    engine.journal = Poor(0)
    provider.script = [Say("A short note.")]
    result = await engine.run(REFLECTION)
    assert (result.answer, result.answer_kind) == ("A short note.", "best_effort")
    assert engine.keys == ["reflection/close/budget"]


async def test_a_provider_error_keeps_the_draft(engine: Harness, provider: Provider):
    provider.script = [Say("Draft."), Refuse(404, "gone")]
    result = await engine.run(REFLECTION)
    assert (result.status, result.answer, result.answer_kind) == ("failed", "Draft.", "partial")


async def test_each_step_is_played_by_its_role(engine: Harness, provider: Provider):
    provider.script = [Say("A first draft."), review(), Say("A second draft.")]
    await engine.run(REFLECTION, roles={"execution": "writer", "reflection": "critic"})
    assert [body["model"] for body in provider.requests] == ["writer", "critic", "writer"]


async def test_the_schema_is_sent_and_the_review_is_not_shown_as_text(
    engine: Harness, provider: Provider
):
    provider.script = [Say("Draft."), ACCEPT]
    await engine.run(REFLECTION)
    sent = provider.requests[1]["response_format"]["json_schema"]
    assert (sent["name"], sent["strict"]) == ("critique", True)
    assert engine.live.seen == "Draft."
