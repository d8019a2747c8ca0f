"""Errors under /v1/ are in OpenAI's shape, whatever made them."""

import json
from typing import Any

import pytest
from django.test import Client

from accounts.models import ApiToken, Scope
from runs.models import Run
from tests import journal
from tests.factories import RunFactory, set_budget

pytestmark = pytest.mark.django_db

CHAT = "/v1/chat/completions"
BODY = {"model": "gpt-4.1-mini", "messages": [{"role": "user", "content": "Hello."}]}


def post(api, body=None, path: str = CHAT, **options):
    return api.post(path, BODY if body is None else body, format="json", **options)


def error_of(answer) -> Any:
    assert answer["Content-Type"] == "application/json"
    assert int(answer["Content-Length"]) == len(answer.content)
    return answer.json()["error"]


def test_nobody_is_told_so(client: Client) -> None:
    answer = client.post(CHAT, BODY, content_type="application/json")

    assert answer.status_code == 401
    error = error_of(answer)
    assert (error["type"], error["code"]) == ("authentication_error", "invalid_api_key")


def test_a_model_that_is_not_there(api_for, alice) -> None:
    answer = post(api_for(alice), {**BODY, "model": "gpt-1"})

    assert answer.status_code == 404
    assert error_of(answer) == {
        "message": "The model “gpt-1” does not exist here.",
        "type": "not_found_error",
        "param": "model",
        "code": "model_not_found",
    }
    assert api_for(alice).get("/v1/models/gpt-1").status_code == 404


def test_a_field_is_named(api_for, alice) -> None:
    error = error_of(post(api_for(alice), {**BODY, "n": 2}))

    assert (error["param"], error["code"]) == ("n", "unsupported_parameter")
    assert error["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("path", "fields", "param"),
    [
        (CHAT, {"messages": [{"role": "user", "content": "x" * 200_001}]}, "messages"),
        ("/v1/responses", {"input": "x" * 200_001}, "input"),
    ],
)
def test_a_task_that_is_too_long(api_for, alice, path, fields, param) -> None:
    answer = post(api_for(alice), {"model": BODY["model"], **fields}, path)

    error = error_of(answer)
    assert (answer.status_code, error["code"]) == (413, "payload_too_large")
    assert error["param"] == param


def test_a_body_that_is_too_long_is_refused_before_it_is_read(api_for, alice, settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10

    answer = post(api_for(alice))

    assert answer.status_code == 413
    assert error_of(answer)["code"] == "payload_too_large"


def test_a_schema_that_cannot_be_kept_is_named_as_the_request_names_it(api_for, alice) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "string"}}}

    answer = post(api_for(alice), {**BODY, "response_format": form})

    assert (answer.status_code, error_of(answer)["param"]) == (400, "response_format")


def test_a_used_up_budget_is_a_quota_and_nothing_to_try_again(v1, alice) -> None:
    _, key = ApiToken.objects.issue(user=alice, name="test")
    set_budget(journal.succeed(RunFactory.create(owner=alice)).cost_usd)

    answer = v1(key, "POST", "chat/completions", BODY)

    error = error_of(answer)
    assert (answer.status_code, error["code"]) == (402, "insufficient_quota")
    assert error["type"] == "insufficient_quota"
    assert error["agentsite"]["scope"] == "site"
    assert answer["X-Budget-Remaining-USD"] == "0"
    assert Run.objects.count() == 1


@pytest.mark.parametrize("scopes", [[Scope.RUNS_READ], [Scope.RUNS_WRITE]])
def test_a_token_needs_to_submit_and_to_read(api_for, alice, scopes) -> None:
    answer = post(api_for(alice, scopes))

    assert answer.status_code == 403
    assert error_of(answer)["code"] == "insufficient_permissions"
    assert not Run.objects.exists()


def test_the_rate_limit_is_in_their_spelling(v1, alice, settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "submit": "1/d"}
    _, key = ApiToken.objects.issue(user=alice, name="test")
    background = {"model": BODY["model"], "input": "Hello.", "background": True}

    taken = v1(key, "POST", "responses", background)
    refused = v1(key, "POST", "responses", background)

    assert taken.status_code == 200
    assert taken["x-ratelimit-limit-requests"] == "1"
    assert taken["x-ratelimit-remaining-requests"] == "0"
    assert taken["x-ratelimit-reset-requests"].endswith("s")
    assert (refused.status_code, error_of(refused)["code"]) == (429, "rate_limit_exceeded")
    assert int(refused["Retry-After"]) > 0


def test_a_run_is_a_part_of_the_clients_trace(v1, alice) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    _, key = ApiToken.objects.issue(user=alice, name="test")
    background = {"model": BODY["model"], "input": "Hello.", "background": True}
    assert v1(key, "POST", "responses", background, traceparent=trace).status_code == 200
    assert Run.objects.get().traceparent == trace


def test_what_is_no_json(api_for, alice) -> None:
    answer = api_for(alice).post(CHAT, "{", content_type="application/json")

    assert answer.status_code == 400
    assert "JSON" in error_of(answer)["message"]


@pytest.mark.parametrize(("path", "status"), [("/v1/nothing", 404), ("/v1/chat/completions", 405)])
def test_an_address_or_method_that_is_not_there(api_for, alice, path, status) -> None:
    answer = api_for(alice).get(path)

    assert (answer.status_code, bool(error_of(answer)["message"])) == (status, True)


def test_other_addresses_keep_their_problems(api_for, alice) -> None:
    answer = api_for(alice).get("/api/v1/runs/?wrong=1")

    assert answer["Content-Type"] == "application/problem+json"
    assert json.loads(answer.content)["code"] == "invalid"


def test_the_models_are_patterns_and_models(api_for, alice) -> None:
    api = api_for(alice, [])

    listed = [model["id"] for model in api.get("/v1/models").json()["data"]]

    assert listed[:3] == ["react", "reflection", "plan_and_solve"]
    assert {"auto", BODY["model"]} <= set(listed)
    assert "plain" not in listed
    assert api.get("/v1/models/react:gpt-4.1-mini").json()["owned_by"] == "agentsite"
