"""Tokens that are made with a budget and limits, and how many there may be."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import ApiToken, User
from accounts.services import MOST_TOKENS
from billing.models import Budget

TOKENS = "/api/v1/tokens/"
FORM = {"name": "CI", "scopes": ["runs:read"], "expires": "90", "period": "month"}


@pytest.fixture
def session(alice: User) -> APIClient:
    client = APIClient()
    client.force_login(alice)
    return client


def create(client: APIClient, **body: Any) -> Any:
    return client.post(TOKENS, {"name": "CI", **body}, format="json")


def test_a_token_has_its_budget_from_the_start(session: APIClient) -> None:
    answer = create(session, budget={"limit_usd": "2.50", "period": "day"})
    assert answer.status_code == 201
    made = answer.json()
    budget = Budget.objects.get()
    assert str(budget.api_token_id) == made["id"]
    assert (budget.limit_usd, budget.period, budget.hard) == (Decimal("2.5"), "day", True)
    assert (made["budget"]["id"], made["budget"]["remaining_usd"]) == (str(budget.pk), "2.5")
    listed = session.get("/api/v1/budgets/").json()["results"]
    assert [one["token"] for one in listed] == [made["id"]]


def test_a_month_is_the_usual_period_and_no_budget_the_usual_one(session: APIClient) -> None:
    assert create(session, budget={"limit_usd": "1"}).json()["budget"]["period"] == "month"
    assert create(session).json()["budget"] is None
    assert create(session, budget=None).json()["budget"] is None
    assert Budget.objects.count() == 1


@pytest.mark.parametrize(
    "budget",
    [
        {"limit_usd": 2},
        {"limit_usd": "-1"},
        {"limit_usd": "99999999"},
        {"limit_usd": "1", "period": "week"},
        {"limit_usd": "1", "hard": False},
        {"period": "day"},
        "2.50",
    ],
)
def test_where_its_budget_is_wrong_there_is_no_token(
    session: APIClient, alice: User, budget: Any
) -> None:
    answer = create(session, budget=budget)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert not alice.api_tokens.exists()
    assert not Budget.objects.exists()


def test_a_token_has_limits_of_its_own(session: APIClient) -> None:
    made = create(session, submits_per_minute=3, submits_per_hour=20).json()
    assert (made["submits_per_minute"], made["submits_per_hour"]) == (3, 20)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {made['key']}")
    assert client.get("/api/v1/me/").json()["limits"]["token"] == ["3/m", "20/h"]
    assert create(session, submits_per_minute=0).status_code == 400


def test_a_person_has_so_many_tokens_and_no_more(session: APIClient, alice: User) -> None:
    for number in range(MOST_TOKENS):
        ApiToken.objects.issue(user=alice, name=str(number))
    refused = create(session)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    ended, revoked = alice.api_tokens.all()[:2]
    ApiToken.objects.filter(pk=ended.pk).update(expires_at=timezone.now())
    ApiToken.objects.filter(pk=revoked.pk).update(revoked_at=timezone.now())
    # Those that work no more don't count.
    assert [create(session).status_code for _ in range(3)] == [201, 201, 409]


def test_making_tokens_is_counted_on_the_page_and_by_the_api_together(
    session: APIClient, alice: User, client_for: Callable[[User], Client], settings: Settings
) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "account": "3/d"}
    browser = client_for(alice)
    assert create(session).status_code == 201
    assert browser.post("/tokens/", FORM).status_code == 200
    token = alice.api_tokens.all()[0]
    rotated = session.post(f"{TOKENS}{token.pk}/rotate/", {}, format="json")
    assert (rotated.status_code, rotated.headers["X-RateLimit-Remaining"]) == (200, "0")
    refused = create(session)
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert int(refused.headers["Retry-After"]) > 0
    assert browser.post("/tokens/", FORM).status_code == 429
    assert session.get(TOKENS).status_code == 200


def test_the_page_makes_a_token_with_budget_and_limits(
    alice: User, client_for: Callable[[User], Client]
) -> None:
    browser = client_for(alice)
    page = browser.post(
        "/tokens/", {**FORM, "limit_usd": "4", "period": "total", "submits_per_hour": "30"}
    )
    assert page.status_code == 200
    budget = Budget.objects.get()
    assert (budget.limit_usd, budget.period) == (Decimal(4), "total")
    shown = browser.get("/tokens/").content.decode()
    assert "$4.00 left" in shown
    assert "30 an hour" in shown


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"limit_usd": "-1"}, "between 0 and"),
        ({"limit_usd": "much"}, "Enter a number"),
        ({"submits_per_minute": "0"}, "greater than or equal to 1"),
    ],
)
def test_the_page_says_which_limit_is_wrong_and_makes_none(
    alice: User, client_for: Callable[[User], Client], fields: dict[str, str], complaint: str
) -> None:
    page = client_for(alice).post("/tokens/", {**FORM, **fields})
    assert page.status_code == 422
    assert complaint in page.content.decode()
    assert not alice.api_tokens.exists()


def test_the_page_says_when_there_are_enough(
    alice: User, client_for: Callable[[User], Client]
) -> None:
    for number in range(MOST_TOKENS):
        ApiToken.objects.issue(user=alice, name=str(number))
    page = client_for(alice).post("/tokens/", FORM)
    assert page.status_code == 422
    assert "revoke one of them first" in page.content.decode()
