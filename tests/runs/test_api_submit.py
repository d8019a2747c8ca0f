"""POST /api/v1/runs/: what it accepts, what it refuses and how, and what it promises."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiToken, Scope
from agentsite.local.ports import free_port
from runs.models import Run, RunEvent
from tests.pace import limit, seconds_of

pytestmark = pytest.mark.django_db
URL = "/api/v1/runs/"


def post(client: APIClient, body: Any, **options: Any) -> Any:
    return client.post(URL, body, format="json", **options)


@pytest.fixture
def api(api_for, alice):
    return api_for(alice)


def test_a_submit_is_durable_and_says_where_it_is(api, alice):
    response = post(api, {"task": "What is 6 times 7?"})

    assert response.status_code == 202
    run = Run.objects.get(owner=alice)
    assert response["Location"] == f"http://testserver/api/v1/runs/{run.pk}/"
    assert response.json()["id"] == str(run.pk)
    assert response.json()["status"] == "queued"
    assert response.json()["queue"] == {"position": 1, "starts_in_s": None}
    assert "Idempotency-Replayed" not in response
    assert list(RunEvent.objects.filter(run=run).values_list("seq", "type")) == [(1, "run.queued")]


def test_every_field_arrives(api, alice):
    body = {
        "task": "  keep my spaces \n",
        "pattern": "react",
        "model": "gpt-4.1-mini",
        "params": {"max_iterations": 3},
        "tools": ["calculator"],
        "max_cost_usd": "0.20",
        "cache": "off",
        "custom_instructions": "In French.",
        "goals": ["short"],
        "roles": {},
        "prompts": {},
        "reasoning_effort": "high",
        "verbosity": "low",
        "deadline_s": 60,
        "metadata": {"team": "blue"},
        "answer_schema": {
            "type": "object",
            "properties": {"total": {"type": "number"}, "by": {"type": "string"}},
            "required": ["total", "by"],
            "additionalProperties": False,
        },
    }
    response = post(api, body)

    assert response.status_code == 202, response.content
    shown = response.json()
    same = ("task", "pattern", "model", "tools", "metadata")
    for name in (*same, "answer_schema", "reasoning_effort", "verbosity"):
        assert shown[name] == body[name]
    assert shown["params"]["max_iterations"] == 3
    assert shown["max_cost_usd"] == "0.2"
    assert shown["routing"]["chosen"] == "gpt-4.1-mini"
    run = Run.objects.get()
    assert run.config["custom_instructions"] == "In French."
    assert run.config["goals"] == ["short"]
    assert run.deadline_at - run.created_at == timedelta(seconds=60)
    assert run.api_token == ApiToken.objects.get(user=alice)


BAD_BODIES = [
    ({}, 400, "invalid", "task"),
    ({"task": ""}, 400, "invalid", "task"),
    ({"task": " \n"}, 400, "invalid", "task"),
    ({"task": None}, 400, "invalid", "task"),
    ({"task": 7}, 400, "invalid", "task"),
    ({"task": "x", "reasoning_effort": "huge"}, 400, "invalid", "reasoning_effort"),
    ({"task": "x", "verbosity": 3}, 400, "invalid", "verbosity"),
    ({"task": ["x"]}, 400, "invalid", "task"),
    ({"task": "nul \0 inside"}, 400, "invalid", "task"),
    ({"task": "x" * 1_000_000}, 413, "payload_too_large", "task"),
    ({"task": "é" * 150_000}, 413, "payload_too_large", "task"),
    ({"task": "x", "goals": ["g" * 40_000] * 40}, 413, "payload_too_large", "goals"),
    ({"task": "x", "goals": ["é" * 6000]}, 413, "payload_too_large", "goals"),
    (
        {"task": "x", "custom_instructions": "x" * 30_000},
        413,
        "payload_too_large",
        "custom_instructions",
    ),
    (
        {"task": "x", "prompts": {"think": {"system": "x" * 50_000, "user": "{task}"}}},
        413,
        "payload_too_large",
        "prompts",
    ),
    (
        {"task": "x", "metadata": {f"k{n}": "x" * 500 for n in range(50)}},
        413,
        "payload_too_large",
        "metadata",
    ),
    (
        {"task": "x", "answer_schema": {"a": "x" * 20_000}},
        413,
        "payload_too_large",
        "answer_schema",
    ),
    ({"task": "x", "answer_schema": "text"}, 400, "invalid", "answer_schema"),
    (
        {
            "task": "x",
            "answer_schema": {
                "type": "object",
                "properties": {"a": {"type": "string"}},
                "required": [["a"]],
            },
        },
        *(400, "invalid", "answer_schema"),
    ),
    ({"task": "x", "answer_schema": {"type": "array"}}, 400, "invalid", "answer_schema"),
    ({"task": "x", "params": {"a": "x" * 20_000}}, 413, "payload_too_large", "params"),
    ({"task": "x", "taks": "y"}, 400, "invalid", "taks"),
    ({"task": "x", "pattern": "magic"}, 422, "unknown_pattern", None),
    ({"task": "x", "pattern": 3}, 400, "invalid", "pattern"),
    ({"task": "x", "params": {"turbo": True}}, 400, "invalid", "params.turbo"),
    ({"task": "x", "params": {"max_iterations": 0}}, 400, "invalid", "params.max_iterations"),
    ({"task": "x", "params": []}, 400, "invalid", "params"),
    ({"task": "x", "model": "gpt-99"}, 400, "invalid", "model"),
    ({"task": "x", "tools": "calculator"}, 400, "invalid", "tools"),
    ({"task": "x", "tools": ["teleport"]}, 400, "invalid", "tools"),
    ({"task": "x", "tools": [1]}, 400, "invalid", "tools.0"),
    ({"task": "x", "max_cost_usd": 0.2}, 400, "invalid", "max_cost_usd"),
    ({"task": "x", "max_cost_usd": "-1"}, 400, "invalid", "max_cost_usd"),
    ({"task": "x", "max_cost_usd": "NaN"}, 400, "invalid", "max_cost_usd"),
    ({"task": "x", "max_cost_usd": "a lot"}, 400, "invalid", "max_cost_usd"),
    ({"task": "x", "max_cost_usd": "1e30"}, 400, "invalid", "max_cost_usd"),
    ({"task": "x", "max_cost_usd": ""}, 400, "invalid", "max_cost_usd"),
    ({"task": "x", "max_cost_usd": " 1"}, 400, "invalid", "max_cost_usd"),
    ({"task": "x", "max_cost_usd": "1_0"}, 400, "invalid", "max_cost_usd"),
    ({"task": "x", "max_cost_usd": "+1"}, 400, "invalid", "max_cost_usd"),
    ({"task": "x", "max_cost_usd": ".5"}, 400, "invalid", "max_cost_usd"),
    ({"task": "x", "max_cost_usd": "1e1"}, 400, "invalid", "max_cost_usd"),
    ({"task": "x", "max_cost_usd": "٣"}, 400, "invalid", "max_cost_usd"),
    ({"task": "x", "max_cost_usd": "0.00"}, 400, "invalid", "max_cost_usd"),
    ({"task": "x", "params": {"max_iterations": "3"}}, 400, "invalid", "params.max_iterations"),
    ({"task": "x", "params": {"max_iterations": True}}, 400, "invalid", "params.max_iterations"),
    ({"task": "x", "params": {"max_iterations": 3.0}}, 400, "invalid", "params.max_iterations"),
    ({"task": "x", "cache": "maybe"}, 400, "invalid", "cache"),
    ({"task": "x", "deadline_s": "60"}, 400, "invalid", "deadline_s"),
    ({"task": "x", "deadline_s": True}, 400, "invalid", "deadline_s"),
    ({"task": "x", "deadline_s": 0}, 400, "invalid", "deadline_s"),
    ({"task": "x", "goals": {"a": 1}}, 400, "invalid", "goals"),
    ({"task": "x", "metadata": {"a": 1}}, 400, "invalid", "metadata.a"),
    ({"task": "x", "metadata": {"a" * 101: "b"}}, 400, "invalid", "metadata"),
    ({"task": "x", "prompts": {"think": "just text"}}, 400, "invalid", "prompts.think"),
    ({"task": "x", "prompts": {"think": {"tone": "y"}}}, 400, "invalid", "prompts.think.tone"),
    ({"task": "x", "metadata": {"k": "\0"}}, 400, "invalid", "metadata"),
    ({"task": "x", "\0": "y"}, 400, "invalid", "body"),
    ([], 400, "invalid", "body"),
    ("text", 400, "invalid", "body"),
    (None, 400, "invalid", "body"),
]


def test_a_tool_that_is_not_set_up_is_refused_and_not_among_all(api, settings):
    settings.TOOL_SECRETS = {}
    body = {"task": "x", "tools": ["web_search"]}
    response = api.post(URL, json.dumps(body), content_type="application/json")
    assert response.status_code == 400
    assert response.json()["errors"]["tools"] == ["The tool “web_search” is not set up here."]

    api.post(URL, json.dumps({"task": "x"}), content_type="application/json")
    assert "web_search" not in Run.objects.get().tools


def test_a_pattern_that_needs_a_search_is_refused_without_one(api, settings):
    settings.TOOL_SECRETS = {}
    body = {"task": "x", "pattern": "storm"}
    response = api.post(URL, json.dumps(body), content_type="application/json")
    assert response.status_code == 400
    assert "STORM needs the tool web_search" in response.json()["errors"]["tools"][0]
    assert not Run.objects.exists()

    for offer in ({"params": {"allow_no_sources": True}}, {}):
        if not offer:
            settings.TOOL_SECRETS = {"search_url": "http://search.example/"}
        response = api.post(URL, json.dumps(body | offer), content_type="application/json")
        assert response.status_code == 202, response.content


@pytest.mark.parametrize(("body", "status", "code", "field"), BAD_BODIES)
def test_a_bad_body_is_refused_and_nothing_is_stored(api, body, status, code, field):
    response = api.post(URL, json.dumps(body), content_type="application/json")

    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["detail"]
    if field is not None:
        assert list(problem["errors"]) == [field]
        assert all(problem["errors"][field])
    assert not Run.objects.exists()


RAW_BODIES = [
    (b"", 400),
    (b"{", 400),
    (b"\xff\xfe", 400),
    (b'{"task": "caf\xe9"}', 400),
    (b'{"task": NaN}', 400),
    (b'{"task": "x", "params": {"a": Infinity}}', 400),
    (b'{"task": "x", "params": {"a": 1e999}}', 400),
    (b'{"task": "x", "params": {"a": ' + b"9" * 5000 + b"}}", 400),
    (b'{"task": "\\ud800"}', 400),
    (b'{"task": "x", "params": {"a": "\\u0000"}}', 400),
    (b"[" * 100_000, 400),
    (b'{"task": "x", "params": {"a": ' + b"[" * 50 + b"]" * 50 + b"}}", 400),
    (b'{"task": "' + b"x" * 2_000_000 + b'"}', 413),
]


@pytest.mark.parametrize(("raw", "status"), RAW_BODIES, ids=range(len(RAW_BODIES)))
def test_what_is_no_json_or_too_much_of_it_is_refused(api, raw, status):
    response = api.post(URL, raw, content_type="application/json")

    assert response.status_code == status, response.content
    assert response.json()["code"] == {400: "invalid", 413: "payload_too_large"}[status]
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_only_json_is_read(api, kind):
    response = api.post(URL, b"task=x", content_type=kind)

    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


def test_a_form_from_a_session_is_no_json_either(alice):
    client = APIClient()
    client.force_login(alice)

    response = client.post(URL, {"task": "x"}, format="multipart")

    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


def test_a_body_of_unknown_length_is_411(api):
    headers = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
    response = post(api, {"task": "x"}, **headers)

    assert (response.status_code, response.json()["code"]) == (411, "length_required")


def test_an_anonymous_caller_is_401():
    response = post(APIClient(), {"task": "x"})

    assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")
    assert response["WWW-Authenticate"]


@pytest.mark.parametrize("key", ["ags_unknown", "", "a b"])
def test_a_bad_token_is_401(db, key):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {key}")

    assert post(client, {"task": "x"}).status_code == 401


def test_an_expired_token_is_401(alice):
    past = timezone.now() - timedelta(seconds=1)
    _, key = ApiToken.objects.issue(user=alice, name="old", expires_at=past)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {key}")

    assert post(client, {"task": "x"}).status_code == 401
    assert not Run.objects.exists()


def test_a_token_that_may_only_read_is_403(api_for, alice):
    response = post(api_for(alice, [Scope.RUNS_READ]), {"task": "x"})

    assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
    assert "runs:write" in response.json()["detail"]


def test_a_session_needs_its_csrf_token(alice):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(alice)

    assert post(client, {"task": "x"}).status_code == 403
    assert not Run.objects.exists()


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_405(api, method):
    response = getattr(api, method)(URL)

    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert "POST" in response["Allow"]


def test_the_same_key_and_body_give_the_same_run(api):
    first = post(api, {"task": "x"}, HTTP_IDEMPOTENCY_KEY="k-1")
    again = post(api, {"task": "x"}, HTTP_IDEMPOTENCY_KEY="k-1")

    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["id"] == again.json()["id"]
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert Run.objects.count() == 1


def test_the_same_key_with_another_body_is_a_conflict(api):
    post(api, {"task": "x"}, HTTP_IDEMPOTENCY_KEY="k-1")
    response = post(api, {"task": "y"}, HTTP_IDEMPOTENCY_KEY="k-1")

    assert (response.status_code, response.json()["code"]) == (422, "idempotency_conflict")
    assert Run.objects.count() == 1


def test_keys_of_two_users_never_meet(api, api_for, bob):
    first = post(api, {"task": "x"}, HTTP_IDEMPOTENCY_KEY="k-1")
    other = post(api_for(bob), {"task": "y"}, HTTP_IDEMPOTENCY_KEY="k-1")

    assert other.status_code == 202
    assert first.json()["id"] != other.json()["id"]


@pytest.mark.parametrize(("key", "status"), [("k" * 255, 202), ("k" * 256, 400), (" ", 400)])
def test_a_key_has_up_to_255_characters(api, key, status):
    assert post(api, {"task": "x"}, HTTP_IDEMPOTENCY_KEY=key).status_code == status


@pytest.mark.django_db(transaction=True)
def test_two_posts_at_once_with_one_key_make_one_run(alice):
    _, key = ApiToken.objects.issue(user=alice, name="test")
    together = threading.Barrier(4)

    def submit(_: int) -> Any:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
        together.wait(timeout=90)
        return post(client, {"task": "x"}, HTTP_IDEMPOTENCY_KEY="one")

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(submit, range(4)))

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer for answer in answers) == 1
    assert Run.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_submit_needs_no_redis(api, settings, monkeypatch):
    usual_s = seconds_of(lambda: post(api, {"task": "x"}))
    nowhere = f"redis://127.0.0.1:{free_port()}/0"
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": nowhere}}
    monkeypatch.setattr(current_app.conf, "broker_url", nowhere)

    def submit() -> None:
        assert post(api, {"task": "x"}).status_code == 202

    assert seconds_of(submit) < limit(2, usual_s)
    assert Run.objects.count() == 2


def test_too_many_submits_are_429_with_the_time_to_wait(api, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "submit": "2/d"}
    answers = [post(api, {"task": "x"}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert [answer["X-RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert answers[0]["X-RateLimit-Limit"] == "2"
    assert 0 < int(answers[2]["X-RateLimit-Reset"]) <= 86_401
    assert 0 < int(answers[2]["Retry-After"]) <= 86_401
    assert answers[2].json()["code"] == "rate_limited"
    assert Run.objects.count() == 2
    assert api.get(URL).status_code == 200


def test_an_unknown_query_parameter_is_named_before_anything_runs(api):
    response = api.post(f"{URL}?wiat=3", {"task": "x"}, format="json")

    assert response.status_code == 400
    assert response.json()["errors"] == {"wiat": ["Unknown parameter."]}
    assert not Run.objects.exists()


@pytest.mark.parametrize("wait", ["-1", "61", "soon", "1.5"])
def test_a_wait_out_of_range_is_refused_before_anything_runs(api, wait):
    response = api.post(f"{URL}?wait={wait}", {"task": "x"}, format="json")

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["wait"]
    assert not Run.objects.exists()
