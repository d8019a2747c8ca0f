"""GET /api/v1/runs/compare/: two of one's own runs, to the last digit."""

from decimal import Decimal
from typing import Any

import pytest

from runs.models import Run
from tests import journal
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/runs/compare/"
TASK = "What is 6 times 7?"


@pytest.fixture
def api(api_for, alice):
    return api_for(alice)


@pytest.fixture
def first(alice) -> Run:
    return journal.succeed(RunFactory.create(owner=alice, task=TASK), "It is 42.\nThat is all.")


@pytest.fixture
def second(alice) -> Run:
    config = {
        "custom_instructions": "Be sure.",
        "goals": ["short"],
        "prompts": {"think": {"system": "Think."}},
        "roles": {},
    }
    run = RunFactory.create(
        owner=alice,
        task=TASK,
        chosen_model="gpt-4.1",
        params={"max_iterations": 9},
        config=config,
    )
    journal.start(run)
    journal.buy(run, content="I will calculate.", cached=100)
    journal.buy(run, "react/t2/think", content="It is 43.\nThat is all.")
    journal.buy(run, "react/t3/think", content="Checked.")
    return journal.finish(run, "It is 43.\nThat is all.")


def compared(api: Any, a: Run, b: Run) -> dict[str, Any]:
    response = api.get(URL, {"a": str(a.pk), "b": str(b.pk)})
    assert response.status_code == 200, response.content
    body: dict[str, Any] = response.json()
    return body


def test_both_runs_are_there_as_ever(api, first, second):
    body = compared(api, first, second)
    for name, run in (("a", first), ("b", second)):
        assert body[name] == api.get(f"/api/v1/runs/{run.pk}/").json()


def test_answers_by_line_and_word(api, first, second):
    answers = compared(api, first, second)["answers"]
    assert (answers["equal"], answers["cut"]) == (False, False)
    changed, same = answers["rows"]
    assert (changed["kind"], same["kind"]) == ("changed", "same")
    assert [piece["text"] for piece in changed["b"] if piece["changed"]] == ["43"]


def test_figures_differ_to_the_last_digit(api, first, second):
    figures = compared(api, first, second)["figures"]
    cost = figures["cost_usd"]
    assert (Decimal(cost["a"]), Decimal(cost["b"])) == (first.cost_usd, second.cost_usd)
    assert Decimal(cost["difference"]) == second.cost_usd - first.cost_usd > 0
    assert figures["llm_calls"] == {"a": 2, "b": 3, "difference": 1}
    assert figures["tool_calls"] == {"a": 1, "b": 0, "difference": -1}
    assert figures["cached_input_tokens"]["difference"] == 100
    assert figures["seconds"]["a"] >= 0


def test_what_was_asked_for_differently(api, first, second):
    settings = {each["name"]: each for each in compared(api, first, second)["settings"]}
    assert settings["model"] == {"name": "model", "a": "gpt-4.1-mini", "b": "gpt-4.1"}
    assert settings["params.max_iterations"]["b"] == "9"
    assert settings["prompts.think.system"] == {
        "name": "prompts.think.system",
        "a": None,
        "b": "Think.",
    }
    assert set(settings) == {
        "model",
        "params.max_iterations",
        "custom_instructions",
        "goals",
        "prompts.think.system",
    }


def test_steps_by_key(api, first, second):
    steps = {pair["key"]: pair for pair in compared(api, first, second)["steps"]}
    assert list(steps) == [
        "react/t1/think",
        "react/t1/tool/1",
        "react/t2/think",
        "react/t3/think",
    ]
    assert [pair["same"] for pair in steps.values()] == [True, False, False, False]
    assert steps["react/t1/tool/1"]["b"] is None
    assert steps["react/t3/think"]["a"] is None
    thought = steps["react/t1/think"]
    assert (thought["a"]["input_tokens"], thought["b"]["input_tokens"]) == (812, 912)
    whole = sum(Decimal(pair["b"]["cost_usd"]) for pair in steps.values() if pair["b"])
    assert whole == second.cost_usd


def test_a_fork_beside_its_source(api, first):
    fork = {"fork": {"run": str(first.pk), "step": "react/t1/tool/1"}}
    run = Run.objects.get(pk=api.post("/api/v1/runs/", fork, format="json").json()["id"])
    journal.start(run)
    journal.buy(run, "react/t2/think", content="It is 42.\nThat is all.")
    journal.finish(run, first.answer)
    body = compared(api, first, run)
    assert body["answers"]["equal"]
    assert all(pair["same"] for pair in body["steps"])
    thought = body["steps"][0]["b"]
    assert (thought["cost_usd"], thought["input_tokens"]) == ("0", 0)
    assert Decimal(thought["taken_usd"]) == first.steps.get(key="react/t1/think").cost_usd


def test_a_run_that_waits_has_no_time_and_no_answer(api, alice, first):
    body = compared(api, first, RunFactory.create(owner=alice, task=TASK))
    assert body["figures"]["seconds"]["b"] is None
    assert body["figures"]["seconds"]["difference"] is None
    assert {row["kind"] for row in body["answers"]["rows"]} == {"removed"}


def test_anyone_elses_run_is_not_there(api, bob, first):
    theirs = journal.succeed(RunFactory.create(owner=bob))
    for a, b in ((first, theirs), (theirs, first)):
        assert api.get(URL, {"a": str(a.pk), "b": str(b.pk)}).status_code == 404


def test_two_runs_are_named(api, first):
    for asked in ({}, {"a": str(first.pk)}, {"a": str(first.pk), "b": "x"}):
        assert api.get(URL, asked).status_code == 400
    same = api.get(URL, {"a": str(first.pk), "b": str(first.pk)})
    assert (same.status_code, same.json()["code"]) == (400, "invalid")


def test_a_token_needs_to_read(api_for, alice, first, second):
    asked = {"a": str(first.pk), "b": str(second.pk)}
    assert api_for(alice, ["runs:write"]).get(URL, asked).status_code == 403
    assert api_for(alice, ["runs:read"]).get(URL, asked).status_code == 200
