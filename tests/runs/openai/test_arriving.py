"""A submit is let in and counted as it comes, once."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import ApiToken, Scope
from accounts.services import revoke_token

pytestmark = pytest.mark.django_db

LEFT = "x-ratelimit-remaining-requests"
# There is no such model.
ASKED = {"model": "gpt-1", "messages": [{"role": "user", "content": "Hello."}]}
PATHS = ("chat/completions", "responses")


@pytest.fixture(autouse=True)
def nine_a_day(settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "submit": "9/d"}


def key_of(user: Any, *scopes: Scope) -> str:
    name = f"test of {scopes}"
    return ApiToken.objects.issue(user=user, name=name, scopes=[*scopes] or None)[1]


@pytest.mark.parametrize("path", PATHS)
def test_each_is_counted_once(v1, alice, path) -> None:
    key = key_of(alice)

    answers = [v1(key, "POST", path, ASKED) for _ in range(3)]

    assert {answer.status_code for answer in answers} <= {400, 404}
    assert [answer[LEFT] for answer in answers] == ["8", "7", "6"]


@pytest.mark.parametrize("path", PATHS)
def test_who_may_not_submit_is_told_so_and_not_counted(v1, alice, path) -> None:
    refused = v1(key_of(alice, Scope.RUNS_READ), "POST", path, ASKED)

    assert refused.status_code == 403
    assert LEFT not in refused.headers
    assert v1(key_of(alice), "POST", path, ASKED)[LEFT] == "8"


@pytest.mark.parametrize("path", PATHS)
def test_another_method_is_not_counted(v1, alice, path) -> None:
    assert v1(key_of(alice), "GET", path).status_code == 405
    assert v1(key_of(alice), "POST", path, ASKED)[LEFT] == "8"


@pytest.mark.parametrize("path", PATHS)
def test_a_token_that_was_revoked_is_told_when(v1, alice, path) -> None:
    token, key = ApiToken.objects.issue(user=alice, name="test")
    revoke_token(token=token)

    refused = v1(key, "POST", path, ASKED)

    assert refused.status_code == 401
    assert "revoked on" in refused.json()["error"]["message"]


def test_a_person_signed_in_may_ask_as_well(alice) -> None:
    client = Client()
    client.force_login(alice)

    answer = client.post("/v1/chat/completions", ASKED, content_type="application/json")

    assert answer.status_code == 404
    assert answer[LEFT] == "8"
