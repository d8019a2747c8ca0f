"""The plain agent API: what it takes, what it shows, and that it is the same submit as ever."""

from typing import Any

import pytest

from runs.engine.registry import PATTERNS
from runs.models import Run
from runs.states import Status
from tests import journal
from tests.factories import RunFactory, set_budget

pytestmark = pytest.mark.django_db
RUN, LATER = "/agent/run", "/agent/run/async"


@pytest.fixture
def api(api_for, alice):
    return api_for(alice)


def post(api: Any, body: dict[str, object], url: str = LATER, **headers: str) -> Any:
    return api.post(url, body, format="json", **headers)


def result_of(api: Any, task_id: object) -> Any:
    return api.get(f"/agent/result/{task_id}")


def test_a_task_is_queued_and_its_result_asked_for_later(api, alice) -> None:
    answer = post(api, {"task": "What is 6 times 7?"})

    run = Run.objects.visible_to(alice).get()
    assert answer.status_code == 202
    assert answer.json() == {"task_id": str(run.pk), "status": "queued"}
    assert answer["Location"] == f"http://testserver/agent/result/{run.pk}"
    assert result_of(api, run.pk).json() == {"status": "processing"}

    journal.succeed(run)

    assert result_of(api, run.pk).json() == {
        "status": "completed",
        "result": {"success": True, "result": "42", "error": None},
    }


def test_a_run_that_ended_without_an_answer_says_why(api, alice) -> None:
    run = RunFactory.create(owner=alice)
    api.post(f"/api/v1/runs/{run.pk}/cancel/")

    assert result_of(api, run.pk).json()["result"] == {
        "success": False,
        "result": None,
        "error": "The run was cancelled.",
    }


def test_other_peoples_results_are_not_found(api, api_for, bob, alice) -> None:
    answer = result_of(api_for(bob), RunFactory.create(owner=alice).pk)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("pattern", [p for p in PATTERNS.values() if p.rounds], ids=str)
def test_max_iterations_is_what_the_pattern_calls_it(api, pattern) -> None:
    answer = post(api, {"task": "x", "pattern": pattern.key, "max_iterations": 1})

    assert answer.status_code == 202, answer.content
    run = Run.objects.get(pk=answer.json()["task_id"])
    assert run.params == pattern.params(**{pattern.rounds: 1}).model_dump(mode="json")


@pytest.mark.parametrize("pattern", [p for p in PATTERNS.values() if not p.rounds], ids=str)
def test_a_pattern_without_such_a_limit_says_so(api, pattern) -> None:
    answer = post(api, {"task": "x", "pattern": pattern.key, "max_iterations": 3})

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["max_iterations"])
    assert pattern.label in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"task": " "}, 400, "task"),
        ({}, 400, "task"),
        ({"task": "x", "model": "gpt-4.1"}, 400, "model"),
        ({"task": "x", "max_iterations": 0}, 400, "max_iterations"),
        ({"task": "x", "max_iterations": 1000}, 400, "max_iterations"),
        ({"task": "x", "max_iterations": "5"}, 400, "max_iterations"),
        ({"task": "x" * 200_001}, 413, "task"),
    ],
)
@pytest.mark.parametrize("url", [RUN, LATER])
def test_what_a_submit_would_refuse_is_refused_by_name(api, url, body, status, field) -> None:
    answer = post(api, body, url)

    assert (answer.status_code, list(answer.json()["errors"])) == (status, [field])
    assert not Run.objects.exists()


def test_an_unknown_pattern_has_its_own_code(api) -> None:
    answer = post(api, {"task": "x", "pattern": "nope", "max_iterations": 2})

    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_pattern")


@pytest.mark.parametrize("url", [RUN, LATER])
def test_a_budget_that_is_used_up_refuses(api, alice, url) -> None:
    set_budget("0.000001", scope="user", user=alice)

    answer = post(api, {"task": "x"}, url)

    assert (answer.status_code, answer.json()["code"]) == (402, "budget_exceeded")
    assert answer.json()["scope"] == "user"


@pytest.mark.parametrize("url", [RUN, LATER])
def test_submits_are_counted_with_those_of_the_api(api, settings, url) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "submit": "1/d"}
    assert post(api, {"task": "x"}, "/api/v1/runs/").status_code == 202

    answer = post(api, {"task": "x"}, url)

    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert int(answer["Retry-After"]) > 0


def test_a_key_makes_one_run(api) -> None:
    first, second = (
        post(api, {"task": "x"}, HTTP_IDEMPOTENCY_KEY="order-1").json() for _ in range(2)
    )

    assert first == second
    other = post(api, {"task": "y"}, HTTP_IDEMPOTENCY_KEY="order-1")
    assert other.json()["code"] == "idempotency_conflict"
    assert Run.objects.count() == 1


def test_a_token_does_what_its_scopes_say(api_for, alice) -> None:
    run = RunFactory.create(owner=alice, status=Status.QUEUED)
    reader, writer = api_for(alice, ["runs:read"]), api_for(alice, ["runs:write"])

    assert post(reader, {"task": "x"}, RUN).status_code == 403
    assert result_of(writer, run.pk).status_code == 403
    # It may not read a result, and so doesn't wait for one.
    answer = post(writer, {"task": "x"}, RUN)
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")


def test_nobody_gets_nothing(client) -> None:
    for answer in (client.post(RUN), client.post(LATER), client.get("/agent/result/x")):
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.status_code in (401, 404)
