"""Limits hold to the last request, say how long to wait, and never stand in the way."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from accounts.models import ApiToken, User
from accounts.throttling import SubmitThrottle


class Submits(APIView):
    """A view with the throttle on."""

    throttle_classes = [SubmitThrottle]
    required_scopes: dict[str, str | None] = {}

    def get(self, request: Request) -> Response:
        return Response("read")

    def post(self, request: Request) -> Response:
        return Response("submitted", status=202)


def submit(user: User, address: str, method: str = "post", token: Any = None) -> Any:
    request = getattr(APIRequestFactory(), method)("/", REMOTE_ADDR=address)
    force_authenticate(request, user=user, token=token)
    return Submits.as_view()(request)


def test_the_headers_count_down_to_429(
    alice: User, address: str, limit_to: Callable[..., None]
) -> None:
    limit_to(submit=3)
    left = [submit(alice, address).headers["X-RateLimit-Remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    refused = submit(alice, address)
    assert refused.status_code == 429
    assert refused.headers["X-RateLimit-Limit"] == "3"
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    wait = int(refused.headers["Retry-After"])
    assert 0 < wait <= 86_401
    assert refused.headers["X-RateLimit-Reset"] == str(wait)


def test_reading_is_not_counted(alice: User, address: str, limit_to: Callable[..., None]) -> None:
    limit_to(submit=1)
    assert all(submit(alice, address, "get").status_code == 200 for _ in range(3))
    assert submit(alice, address).status_code == 202


def test_users_are_counted_apart_and_addresses_together(
    alice: User, bob: User, address: str, limit_to: Callable[..., None]
) -> None:
    limit_to(submit=2, address=3)
    assert [submit(alice, address).status_code for _ in range(3)] == [202, 202, 429]
    # What was refused has used up nothing of the address.
    assert [submit(bob, address).status_code for _ in range(2)] == [202, 429]
    assert submit(bob, "203.0.113.77").status_code == 202


@pytest.mark.usefixtures("redis_away")
def test_nothing_is_blocked_while_redis_is_away(
    alice: User, address: str, limit_to: Callable[..., None]
) -> None:
    limit_to(submit=1)
    answers = [submit(alice, address) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 202]
    assert "X-RateLimit-Limit" not in answers[0].headers


def test_staff_give_a_user_other_limits(
    alice: User, bob: User, address: str, limit_to: Callable[..., None]
) -> None:
    limit_to(submit=1)
    alice.submits_per_minute, alice.submits_per_hour = 3, 2
    answers = [submit(alice, address) for _ in range(2)]
    # The user's own come beside those of other periods.
    assert [answer.status_code for answer in answers] == [202, 429]
    policies = answers[0].headers["RateLimit-Policy"].split(", ")
    assert {'"permin";q=3;w=60', '"perhour";q=2;w=3600', '"perday";q=1;w=86400'} <= {*policies}


def test_a_users_own_limit_replaces_that_of_its_period(
    alice: User, address: str, settings: Any
) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "submit": "10/m,1/h"}
    alice.submits_per_hour = 2
    assert [submit(alice, address).status_code for _ in range(3)] == [202, 202, 429]


def test_a_tokens_own_limit_stops_that_token_alone(
    alice: User, address: str, limit_to: Callable[..., None]
) -> None:
    limit_to(submit=3)
    slow, _ = ApiToken.objects.issue(user=alice, name="slow")
    slow.submits_per_hour = 1
    free, _ = ApiToken.objects.issue(user=alice, name="free")
    first = submit(alice, address, token=slow)
    assert '"token-perhour";r=0;t=' in first.headers["RateLimit"]
    assert submit(alice, address, token=slow).status_code == 429
    # What was refused used up nothing of the user's.
    answers = [submit(alice, address, token=free) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert "token-" not in answers[0].headers["RateLimit-Policy"]
