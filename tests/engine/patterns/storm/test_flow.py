"""STORM: its calls, what is searched for, and how the report is put together."""

from typing import Any

import pytest

from tests.engine.harness import Harness
from tests.engine.patterns.storm.world import (
    SMALL,
    STORM,
    Model,
    Search,
    in_turn,
    numbers,
    outline,
    result,
    storm,
)
from tests.engine.scripted import Provider, Say


async def test_the_usual_run_is_thirteen_calls_in_their_places(
    engine: Harness, model: Model, search: Search
):
    result = await storm(engine, params={})
    assert (result.status, result.answer_kind, result.stop_reason) == (
        "succeeded",
        "final",
        "completed",
    )
    assert set(engine.keys) == {
        "storm/perspectives",
        "storm/draft_outline",
        *(f"storm/questions/{n}" for n in (1, 2, 3)),
        "storm/outline",
        *(f"storm/section/{n}" for n in range(1, 7)),
        "storm/lead",
    }
    assert len(engine.keys) == 13
    assert len(search.queries) == 15
    assert result.warnings == ()


@pytest.mark.parametrize(
    "params",
    [
        {"max_perspectives": 1, "max_sections": 2},
        {"max_perspectives": 2, "max_sections": 3, "follow_up_rounds": 1},
        {"max_perspectives": 1, "max_sections": 1, "follow_up_rounds": 3},
        {"perspectives": "Hunter, Keeper", "max_sections": 2},
        {"perspectives": "Hunter", "max_sections": 1},
    ],
)
async def test_the_most_calls_are_as_the_formula_says(
    engine: Harness, model: Model, search: Search, params: dict[str, Any]
):
    params = {"questions_per_perspective": 1, **params}
    assert (await storm(engine, params=params)).status == "succeeded"
    least, typical, most = STORM.calls(STORM.params.model_validate(params))
    assert least <= typical <= most == len(engine.keys)


async def test_the_least_calls_are_as_the_formula_says(
    engine: Harness, model: Model, search: Search
):
    model.says["perspectives"] = {"perspectives": [{"name": "Hunter", "focus": ""}]}
    model.says["outline"] = outline([1])
    await storm(engine, params={})
    assert len(engine.keys) == STORM.calls(STORM.params())[0]


async def test_the_report_and_its_references_are_put_together_by_code(
    engine: Harness, model: Model, search: Search
):
    model.says["outline"] = outline([3, 4], [1, 3])
    model.says["section"] = lambda prompt: (
        Say("Owls hunt [4, 3].\n\n### At night\n\nThey do [3].")
        if "<section>\nSection 1" in prompt
        else Say("## Section 2\n\nThey sleep [1].")
    )
    result = await storm(engine, params={**SMALL, "perspectives": "Hunter"})
    assert result.answer == (
        "# Owls\n\nOwls, in short.\n\n"
        "## Section 1\n\nOwls hunt[^1][^2].\n\n### At night\n\nThey do[^2].\n\n"
        "## Section 2\n\nThey sleep[^3].\n\n"
        "## References\n\n"
        "[^1]: [On hunter-2/2](<https://example.org/hunter-2/2>), example.org\n\n"
        "[^2]: [On hunter-2/1](<https://example.org/hunter-2/1>), example.org\n\n"
        "[^3]: [On hunter-1/1](<https://example.org/hunter-1/1>), example.org"
    )
    assert [(s["n"], s["title"]) for s in result.sources] == [
        (1, "On hunter-2/2"),
        (2, "On hunter-2/1"),
        (3, "On hunter-1/1"),
    ]
    assert all(s["fetched_at"] and s["snippet"] and s["url"] for s in result.sources)


async def test_long_sections_are_kept_whole(engine: Harness, model: Model, search: Search):
    long = "An owl hunts. " * 2500 + "[1]"
    model.says |= {"outline": outline([1], [1]), "section": Say(long)}
    result = await storm(engine)
    assert result.answer.count("An owl hunts.") == 5000
    assert len(model.prompts("lead")[0]) < 10_000


async def test_a_section_sees_its_own_sources_alone(engine: Harness, model: Model, search: Search):
    model.says["outline"] = outline([2], [1, 3])
    await storm(engine)
    prompts = model.prompts("section")
    seen = {prompt.split("<section>\n")[1][:9]: numbers(prompt) for prompt in prompts}
    assert seen == {"Section 1": [2], "Section 2": [1, 3]}
    assert all("What 1? ([1], [2])" in prompt for prompt in prompts)


async def test_what_is_shown_has_viewpoints_sources_and_sections_with_their_steps(
    engine: Harness, model: Model, search: Search
):
    await storm(engine)
    shown = artifacts(engine)
    assert [one["title"] for one in shown["viewpoints"]["items"]] == ["Person 1", "Person 2"]
    assert [one["n"] for one in shown["found"]["sources"]] == [*range(1, 9)]
    assert [(one["title"], one["key"]) for one in shown["contents"]["items"]] == [
        ("Section 1", "storm/section/1"),
        ("Section 2", "storm/section/2"),
    ]
    assert shown["draft_outline"]["items"][0] == {"title": "Part 1", "note": "a"}
    asked = [one["title"] for one in shown["questions"]["items"]]
    assert asked == ["What 1?", "What 2?"]


def artifacts(engine: Harness) -> dict[str, dict[str, Any]]:
    """What was shown last of each kind."""
    return {data["kind"]: data for data in engine.events("artifact")}


async def test_users_viewpoints_are_taken_as_they_are(
    engine: Harness, model: Model, search: Search
):
    await storm(engine, params={**SMALL, "perspectives": " Hunter, Keeper,, Hunter "})
    assert "storm/perspectives" not in engine.keys
    assert [("Hunter" in p, "Keeper" in p) for p in sorted(model.prompts("questions"))] in (
        [(True, False), (False, True)],
        [(False, True), (True, False)],
    )


async def test_a_query_is_searched_for_once(engine: Harness, model: Model, search: Search):
    same = [
        {"text": f"What {n}?", "query": query, "section": ""}
        for n, query in enumerate(("Owl  food", "owl food"))
    ]
    model.says["questions"] = {"questions": same}
    await storm(engine)
    assert search.queries == ["Owl food"]
    previews = [one["preview"] for one in engine.events("tool.finished")]
    assert previews == ["On owl-food/1; On owl-food/2"]


async def test_the_same_page_has_one_number(engine: Harness, model: Model, search: Search):
    search.answer = lambda query: [result("owls"), result("owls/"), result("owls#top")]
    await storm(engine)
    assert numbers(model.prompts("outline")[0]) == [1]


async def test_only_so_many_results_of_a_query_are_kept(
    engine: Harness, model: Model, search: Search
):
    search.answer = lambda query: [result(f"{query[-1]}/{n}") for n in range(8)]
    params = {"perspectives": "Hunter", "results_per_query": 3, **SMALL}
    await storm(engine, params=params)
    assert len(numbers(model.prompts("outline")[0])) == 6


async def test_searches_go_side_by_side_and_are_numbered_in_their_order(
    engine: Harness, model: Model, search: Search
):
    search.pause_s = 0.2
    await storm(engine)
    assert len(search.queries) == search.most_at_once == 4
    titles = [one["title"] for one in artifacts(engine)["found"]["sources"]]
    assert titles == [f"On person-{p}-{q}/{n}" for p in (1, 2) for q in (1, 2) for n in (1, 2)]


async def test_sections_are_written_side_by_side(
    engine: Harness, provider: Provider, model: Model, search: Search
):
    model.says["section"] = Say(pieces=("Owls ", "hunt."), pause_s=0.3)
    await storm(engine, params={"perspectives": "Hunter", "max_sections": 4})
    assert len(model.prompts("section")) == provider.most_at_once == 4


async def test_follow_ups_are_searched_for_and_answered_and_reach_the_sections(
    engine: Harness, model: Model, search: Search
):
    params = {**SMALL, "perspectives": "Hunter", "follow_up_rounds": 2, "max_sections": 1}
    model.says["follow_up"] = in_turn(
        {"done": False, "text": "And then?", "query": "then"},
        {"done": True, "text": "", "query": ""},
    )
    await storm(engine, params=params)
    assert search.queries[2:] == ["then"]
    follow_ups = [key for key in engine.keys if "follow_up" in key or "settle" in key]
    assert follow_ups == ["storm/follow_up/1/1", "storm/settle/1/1", "storm/follow_up/1/2"]
    assert "What 1?" in model.prompts("follow_up")[0]
    assert "So it is [5]." in model.prompts("follow_up")[1]
    assert "- And then? ([5], [6])\n  So it is [5]." in model.prompts("section")[0]


@pytest.mark.parametrize("text", ["Q1 2026: -5 degrees?", "- why?", "1. When?", "#birds now"])
async def test_nothing_is_eaten_from_the_beginning_of_questions(
    engine: Harness, model: Model, search: Search, text: str
):
    model.says["questions"] = {"questions": [{"text": text, "query": text, "section": ""}]}
    await storm(engine)
    assert search.queries == [text]
    assert f"- {text} (" in model.prompts("outline")[0]
