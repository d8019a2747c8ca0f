"""One run over the API: its shape, steps, bill, events, and its cancellation."""

import json
import uuid
from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from accounts.models import Scope
from runs.api import views
from runs.api.serializers.run import run_body
from runs.models import Run
from runs.states import Status
from tests import journal
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db

PARTS = ["", "steps/", "ledger/", "events/"]


@pytest.fixture
def api(api_for, alice):
    return api_for(alice)


def url(run: Run, part: str = "") -> str:
    return f"/api/v1/runs/{run.pk}/{part}"


def test_a_finished_run_has_the_whole_shape(api, alice):
    run = journal.succeed(
        RunFactory.create(owner=alice, metadata={"team": "blue"}), "42", cached=100
    )

    response = api.get(url(run))

    assert response.status_code == 200
    shown = response.json()
    assert shown.pop("created_at").endswith("Z")
    assert shown.pop("started_at").endswith("Z")
    assert shown.pop("finished_at").endswith("Z")
    cost = 2 * journal.cost("gpt-4.1-mini", 0, 100, 0) + journal.cost(
        "gpt-4.1-mini", 812 + 1236, 0, 224 + 248
    )
    assert Decimal(shown.pop("cost_usd")) == cost == run.cost_usd
    base = f"http://testserver/api/v1/runs/{run.pk}/"
    assert shown == {
        "id": str(run.pk),
        "status": "succeeded",
        "task": run.task,
        "pattern": "react",
        "model": "auto",
        "params": {"max_iterations": 5},
        "tools": ["calculator"],
        "reasoning_effort": "",
        "verbosity": "",
        "prompt_set": None,
        "answer": "42",
        "answer_json": None,
        "answer_schema": None,
        "answer_kind": "final",
        "stop_reason": "completed",
        "when_out_of_money": "conclude",
        "awaiting": None,
        "error": None,
        "sources": [],
        "warnings": [],
        "usage": {
            "input_tokens": 812 + 1236 + 200,
            "cached_input_tokens": 200,
            "cache_write_tokens": 0,
            "prompt_cache_hit_rate": 0.089,
            "output_tokens": 472,
            "reasoning_tokens": 0,
            "llm_calls": 2,
            "tool_calls": 1,
        },
        "in_doubt_usd": "0",
        "saved_usd": "0",
        "deleted_details": {},
        "cache_hit": False,
        "routing": {
            "requested": "auto",
            "chosen": "gpt-4.1-mini",
            "reason": "A simple task: short and plain.",
            "complexity": None,
            "runner_up": None,
        },
        "fork": None,
        "attempt": 1,
        "max_cost_usd": None,
        "metadata": {"team": "blue"},
        "tags": [],
        "session_id": "",
        "customer": "",
        "feedback": None,
        "traceparent": "",
        "simulated": True,
        "queue": None,
        "links": {
            "self": base,
            "events": f"{base}events/",
            "cancel": f"{base}cancel/",
            "html": f"http://testserver/runs/{run.pk}/",
            "paid_by": None,
        },
    }


@pytest.mark.parametrize(
    ("ended", "found"),
    [
        ({}, {"total": 42}),
        ({"answer_kind": "best_effort", "stop_reason": "budget"}, {"total": 42}),
        ({"answer_kind": "best_effort", "stop_reason": "schema_mismatch"}, None),
        ({"answer_kind": "partial", "stop_reason": "budget"}, None),
        ({"status": "failed", "answer_kind": "partial", "stop_reason": "failed"}, None),
    ],
)
def test_an_answer_that_fits_its_schema_is_an_object_as_well(api, alice, ended, found):
    schema = {"type": "object", "properties": {"total": {"type": "integer"}}}
    run = RunFactory.create(owner=alice)
    run.config["answer_schema"] = json.dumps(schema)
    run.save(update_fields=["config"])
    journal.finish(journal.start(run), '{"total":42}', **ended)

    shown = api.get(url(run)).json()

    assert (shown["answer"], shown["answer_json"]) == ('{"total":42}', found)
    assert shown["answer_schema"] == schema


def test_a_failed_run_says_why(api, alice):
    run = journal.start(RunFactory.create(owner=alice))
    error = {"code": "provider_error", "message": "No answer."}
    journal.finish(run, None, status="failed", error=error, stop_reason="failed")

    shown = api.get(url(run)).json()

    assert (shown["status"], shown["error"], shown["answer"]) == ("failed", error, None)


@pytest.mark.parametrize("part", PARTS)
def test_what_is_not_mine_does_not_exist(api_for, bob, alice, part):
    run = RunFactory.create(owner=alice)
    api = api_for(bob)

    answers = [api.get(url(run, part)), api.get(f"/api/v1/runs/{uuid.uuid4()}/{part}")]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["code"] == "not_found"


def test_another_users_run_cannot_be_cancelled(api_for, bob, alice):
    run = RunFactory.create(owner=alice)

    assert api_for(bob).post(url(run, "cancel/")).status_code == 404
    run.refresh_from_db()
    assert run.status == Status.QUEUED


@pytest.mark.parametrize("part", PARTS)
def test_reading_needs_someone_and_the_scope_to_read(api_for, alice, part):
    run = RunFactory.create(owner=alice)

    assert APIClient().get(url(run, part)).status_code == 401
    assert api_for(alice, [Scope.RUNS_WRITE]).get(url(run, part)).status_code == 403
    assert api_for(alice, [Scope.RUNS_READ]).get(url(run, part)).status_code == 200
    assert api_for(alice).post(url(run, part)).status_code == 405


def test_an_id_that_is_none_is_404(api):
    response = api.get("/api/v1/runs/not-a-uuid/")

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_steps_carry_usage_and_cost(api, alice):
    run = journal.succeed(RunFactory.create(owner=alice))

    steps = api.get(url(run, "steps/")).json()["results"]

    assert [step["key"] for step in steps] == [
        "react/t1/think",
        "react/t1/tool/1",
        "react/t2/think",
    ]
    assert [step["kind"] for step in steps] == ["llm", "tool", "llm"]
    assert steps[0]["usage"] == {
        "input_tokens": 812,
        "cached_input_tokens": 0,
        "output_tokens": 224,
        "reasoning_tokens": 0,
    }
    assert steps[1]["response"] == run.steps.get(kind="tool").response
    assert sum(Decimal(step["cost_usd"]) for step in steps) == run.cost_usd


def test_steps_come_in_pages(api, alice):
    run = journal.start(RunFactory.create(owner=alice))
    for turn in range(5):
        journal.use_tool(run, f"react/t{turn}/tool/1")

    first = api.get(url(run, "steps/?page_size=3")).json()
    second = api.get(first["next"]).json()

    keys = [step["key"] for step in first["results"] + second["results"]]
    assert keys == [f"react/t{turn}/tool/1" for turn in range(5)]
    assert second["next"] is None


def test_the_bill_adds_up_to_the_last_digit(api, alice):
    run = journal.start(RunFactory.create(owner=alice))
    journal.buy(run, fresh=7, cached=3, output=11, reasoning=4)
    journal.buy(run, "react/t2/think", model="gpt-5-nano", fresh=1, output=1)

    bill = api.get(url(run, "ledger/")).json()

    assert [(line["bucket"], line["quantity"]) for line in bill["results"]] == [
        ("fresh_input", 7),
        ("cached_input", 3),
        ("output", 7),
        ("reasoning", 4),
        ("fresh_input", 1),
        ("output", 1),
    ]
    for line in bill["results"]:
        product = line["quantity"] * Decimal(line["unit_price_usd"]) / 1_000_000
        assert Decimal(line["amount_usd"]) == product
    amounts = [Decimal(line["amount_usd"]) for line in bill["results"]]
    assert sum(amounts) == Decimal(bill["cost_usd"]) == run.cost_usd
    assert {line["confidence"] for line in bill["results"]} == {"exact"}
    assert {line["price_source"] for line in bill["results"]} == {"genai-prices"}


def test_a_reversal_is_on_the_bill(api, alice):
    run = journal.start(RunFactory.create(owner=alice))
    hold = journal.dispatch(run)
    journal.settle(run, hold, fresh=2000, output=1000, confidence="in_doubt")
    in_doubt = run.cost_usd
    journal.settle(run, hold, fresh=812, output=224)

    bill = api.get(url(run, "ledger/")).json()

    reversed_lines = [line for line in bill["results"] if line["reverses"]]
    assert in_doubt > 0
    assert sum(Decimal(line["amount_usd"]) for line in reversed_lines) == -in_doubt
    assert all(line["quantity"] < 0 for line in reversed_lines)
    assert sum(Decimal(line["amount_usd"]) for line in bill["results"]) == run.cost_usd
    assert Decimal(bill["cost_usd"]) == run.cost_usd
    assert api.get(url(run)).json()["in_doubt_usd"] == "0"


def test_events_from_the_start_and_from_anywhere(api, alice):
    run = journal.succeed(RunFactory.create(owner=alice))

    events = api.get(url(run, "events/")).json()["results"]

    assert [event["seq"] for event in events] == list(range(1, run.last_seq + 1))
    assert (events[0]["type"], events[-1]["type"]) == ("run.queued", "run.finished")
    assert events[0]["at"].endswith("Z")
    assert api.get(url(run, "events/?after=3")).json()["results"] == events[3:]
    assert api.get(url(run, "events/?after=9999")).json()["results"] == []
    assert api.get(url(run, "events/"), HTTP_LAST_EVENT_ID="3").json()["results"] == events[3:]


def test_many_events_come_in_parts(api, alice, monkeypatch):
    monkeypatch.setattr(views, "EVENTS_LIMIT", 3)
    run = journal.start(RunFactory.create(owner=alice))
    for number in range(3):
        journal.emit(run, "notice", code="n", message=str(number))

    first = api.get(url(run, "events/")).json()
    second = api.get(first["next"]).json()

    seqs = [event["seq"] for event in first["results"] + second["results"]]
    assert seqs == list(range(1, run.last_seq + 1))
    assert second["next"] is None


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "99999999999"])
def test_a_bad_place_to_begin_is_400(api, alice, after):
    response = api.get(url(RunFactory.create(owner=alice), f"events/?after={after}"))

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["after"]


def test_an_unknown_parameter_of_events_is_named(api, alice):
    response = api.get(url(RunFactory.create(owner=alice), "events/?since=3"))

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["since"]


def test_a_token_that_may_not_read_is_told_little_when_it_cancels(api_for, alice):
    run = RunFactory.create(owner=alice)

    response = api_for(alice, [Scope.RUNS_WRITE]).post(url(run, "cancel/"))

    assert response.status_code == 202
    assert sorted(response.json()) == ["id", "links", "status"]


def test_a_run_that_is_claimed_meanwhile_is_shown_as_one_thing(alice):
    run = RunFactory.create(owner=alice)
    journal.start(Run.objects.get(pk=run.pk))

    body = run_body(run)

    assert (body["status"], body["queue"]) == ("running", None)


def test_cancelling_a_queued_run_ends_it(api, alice):
    run = RunFactory.create(owner=alice)

    response = api.post(url(run, "cancel/"))

    assert (response.status_code, response.json()["status"]) == (202, "cancelled")
    assert response.json()["queue"] is None


def test_cancelling_a_running_run_twice_is_the_same(api, alice):
    run = journal.start(RunFactory.create(owner=alice))

    answers = [api.post(url(run, "cancel/")) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert [answer.json()["status"] for answer in answers] == ["cancelling", "cancelling"]


def test_what_has_ended_cannot_be_cancelled(api, alice):
    run = journal.succeed(RunFactory.create(owner=alice))

    response = api.post(url(run, "cancel/"))

    assert (response.status_code, response.json()["code"]) == (409, "conflict")
    assert api.get(url(run)).json()["status"] == "succeeded"


@pytest.mark.parametrize("part", PARTS)
def test_reading_costs_a_fixed_number_of_queries(api, alice, part, django_assert_max_num_queries):
    run = journal.start(RunFactory.create(owner=alice))
    for turn in range(15):
        journal.buy(run, f"react/t{turn}/think")

    api.get(url(run))  # the token's first use is noted
    with django_assert_max_num_queries(4):
        assert api.get(url(run, part)).status_code == 200
