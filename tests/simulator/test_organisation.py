"""What the simulator says of its own bill: usage, costs, single answers."""

import time
from decimal import Decimal
from typing import Any

import pytest

from agentsite.simulator.server.app import key_id
from tests.simulator.process import Process
from tests.stack import HTTP

MODEL = "gpt-4.1-mini"


@pytest.fixture
def own(start) -> Process:
    """A simulator whose bill is this test's alone."""
    simulator: Process = start("--first-token-s", "0", "--tokens-per-s", "0")
    return simulator


def ask(own: Process, task: str, key: str = "sk-a", **more: Any) -> dict[str, Any]:
    body = {"model": MODEL, "messages": [{"role": "user", "content": task}], **more}
    headers = {"Authorization": f"Bearer {key}"}
    answer = HTTP.post(f"{own.url}/v1/chat/completions", json=body, headers=headers)
    found: dict[str, Any] = answer.json()
    return found


def get(own: Process, path: str, **params: Any) -> Any:
    listed = [
        (name, one) for name, v in params.items() for one in (v if isinstance(v, list) else [v])
    ]
    return HTTP.get(f"{own.url}/v1/{path}", params=listed)


def usage(own: Process, **params: Any) -> dict[str, Any]:
    start = int(time.time()) - 60
    page = get(own, "organization/usage/completions", start_time=start, bucket_width="1m", **params)
    found: dict[str, Any] = page.raise_for_status().json()
    return found


def test_usage_is_grouped_and_adds_up_to_what_was_answered(own):
    answers = [ask(own, f"Question {n}", key) for n, key in enumerate(("sk-a", "sk-a", "sk-b"))]
    ask(own, "Refused [sim: status=429]")

    page = usage(own, **{"group_by[]": ["model", "api_key_id"]})
    results = [result for bucket in page["data"] for result in bucket["results"]]
    by_key: dict[str, int] = {}
    for result in results:
        by_key[result["api_key_id"]] = (
            by_key.get(result["api_key_id"], 0) + result["num_model_requests"]
        )
    assert by_key == {key_id("sk-a"): 2, key_id("sk-b"): 1}
    assert {result["model"] for result in results} == {MODEL}
    for ours, theirs in (("input_tokens", "prompt_tokens"), ("output_tokens", "completion_tokens")):
        expected = sum(answer["usage"][theirs] for answer in answers)
        assert sum(result[ours] for result in results) == expected


def test_pages_follow_each_other(own):
    ask(own, "Question")
    first = usage(own, limit=1)
    assert (first["has_more"], len(first["data"])) == (True, 1)
    second = usage(own, limit=1, page=first["next_page"])
    assert second["data"][0]["start_time"] == first["data"][0]["end_time"]


def test_a_provider_may_count_wrongly_on_request(own):
    ask(own, "Never counted [sim: counted=0]")
    ask(own, "Counted twice [sim: counted=2]")
    results = [result for bucket in usage(own)["data"] for result in bucket["results"]]
    assert sum(result["num_model_requests"] for result in results) == 2


def test_costs_are_those_of_the_model_by_line_item(own):
    answer = ask(own, "Question")
    day = int(time.time()) - 86_400
    page = get(own, "organization/costs", start_time=day, **{"group_by[]": "line_item"}).json()
    items = {
        result["line_item"]: result["amount"]["value"]
        for bucket in page["data"]
        for result in bucket["results"]
    }
    output = answer["usage"]["completion_tokens"] * Decimal("1.6") / 10**6
    assert items[f"{MODEL}, output"] == pytest.approx(float(output))


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"start_time": "soon"},
        {"start_time": 1, "bucket_width": "2m"},
        {"start_time": 1, "limit": 0},
        {"start_time": 1, "group_by[]": "colour"},
        {"start_time": 1, "page": "page_x"},
    ],
)
def test_what_openai_would_refuse_is_refused(own, params):
    assert get(own, "organization/usage/completions", **params).status_code == 400


def test_single_answers_are_found_by_id_and_by_metadata(own):
    answer = ask(own, "Question", store=True, metadata={"call": "7"})
    ask(own, "Another", store=True, metadata={"call": "8"})
    data = get(own, "generation", id=answer["id"]).json()["data"]
    assert data["native_tokens_prompt"] == answer["usage"]["prompt_tokens"]
    assert get(own, "generation", id="gen-unknown").status_code == 404
    (stored,) = get(own, "chat/completions", **{"metadata[call]": "7"}).json()["data"]
    assert (stored["id"], stored["usage"]) == (answer["id"], answer["usage"])
