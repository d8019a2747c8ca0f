"""Every answer of a submit that was counted says where its limits stand."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from billing.models import Budget
from billing.services import create_budget
from runs.models import Run

URL = "/api/v1/runs/"
HEADERS = (
    *("RateLimit", "RateLimit-Policy"),
    *("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"),
)


@pytest.fixture
def api(api_for: Callable[..., APIClient], alice: User) -> APIClient:
    return api_for(alice)


def submit(api: APIClient, path: str = URL, **body: Any) -> Any:
    return api.post(path, {"task": "x", **body}, format="json")


@pytest.mark.parametrize(
    ("status", "path", "body"),
    [
        (202, URL, {}),
        (400, URL, {"task": ""}),
        (400, URL, {"taks": "x"}),
        (400, f"{URL}?wiat=3", {}),
        (404, URL, {"fork": {"run": "00000000-0000-7000-8000-000000000000", "step": "x"}}),
        (413, URL, {"task": "x" * 200_001}),
        (422, URL, {"pattern": "none"}),
    ],
)
def test_each_answer_has_the_headers(
    api: APIClient, status: int, path: str, body: dict[str, Any]
) -> None:
    answer = submit(api, path, **body)
    assert answer.status_code == status
    assert [name for name in HEADERS if name not in answer.headers] == []
    assert '"permin";q=600;w=60' in answer.headers["RateLimit-Policy"]
    assert "Retry-After" not in answer.headers


def test_so_has_a_replayed_and_a_refused_one(api: APIClient, alice: User) -> None:
    for _ in range(2):
        answer = api.post(URL, {"task": "x"}, format="json", headers={"Idempotency-Key": "k"})
    assert answer.headers["Idempotency-Replayed"] == "true"
    assert "RateLimit" in answer.headers
    create_budget(
        scope=Budget.Scope.USER, period="month", limit_usd=Decimal(0), user=alice, hard=True
    )
    broke = submit(api)
    assert broke.status_code == 402
    assert "RateLimit" in broke.headers


def test_what_was_not_counted_says_nothing(api: APIClient) -> None:
    assert "RateLimit" not in submit(APIClient()).headers
    assert "RateLimit" not in api.get(URL).headers


def test_the_429_says_when_to_come_back(api: APIClient, settings: Settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "submit": "5/m,1/h"}
    assert submit(api).status_code == 202
    refused = submit(api)
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert refused.headers["RateLimit-Policy"].startswith('"perhour";q=1;w=3600, "permin";q=5;w=60')
    assert refused.headers["RateLimit"].startswith(
        f'"perhour";r=0;t={refused.headers["Retry-After"]}, "permin";r=4;t='
    )
    assert Run.objects.count() == 1


@pytest.mark.usefixtures("redis_away")
def test_while_redis_is_away_submits_work_without_them(api: APIClient, settings: Settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "submit": "1/h"}
    answers = [submit(api) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202] * 3
    assert all(name not in answer.headers for answer in answers for name in HEADERS)
