"""Limits hold to the last request, say how long to wait, and never stand in the way."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import RequestFactory
from pytest_django import Settings
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from accounts.limits import sign_in_limits
from accounts.models import User
from accounts.throttling import SubmitThrottle
from web.ratelimit import Limit, address_network, client_address, consume, waiting_time


class Submits(APIView):
    """A view with the throttle on."""

    throttle_classes = [SubmitThrottle]
    required_scopes: dict[str, str | None] = {}

    def get(self, request: Request) -> Response:
        return Response("read")

    def post(self, request: Request) -> Response:
        return Response("submitted", status=202)


def submit(user: User, address: str, method: str = "post") -> Any:
    request = getattr(APIRequestFactory(), method)("/", REMOTE_ADDR=address)
    force_authenticate(request, user=user)
    return Submits.as_view()(request)


def request_from(address: str, forwarded: str | None = None) -> HttpRequest:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return RequestFactory().get("/", headers=headers, REMOTE_ADDR=address)


def test_exactly_the_limit_passes_under_concurrency(address: str) -> None:
    request = request_from(address)
    limit = Limit("test", address, "50/d")

    def allowed(_: int) -> bool:
        usage = consume(request, [limit])
        assert usage is not None
        return usage.allowed

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(allowed, range(120))) == 50


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
    assert submit(bob, address).status_code == 429
    assert submit(bob, "203.0.113.77").status_code == 202


@pytest.mark.usefixtures("redis_away")
def test_nothing_is_blocked_while_redis_is_away(
    alice: User, address: str, limit_to: Callable[..., None]
) -> None:
    limit_to(submit=1)
    answers = [submit(alice, address) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 202]
    assert "X-RateLimit-Limit" not in answers[0].headers


def test_without_proxies_the_forwarded_header_proves_nothing(settings: Settings) -> None:
    settings.TRUSTED_PROXY_COUNT = 0
    assert client_address(request_from("10.0.0.1", "198.51.100.7")) == "10.0.0.1"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "1.2.3.4, 198.51.100.7", "198.51.100.7"),
        (2, "1.2.3.4, 198.51.100.7, 10.0.0.9", "198.51.100.7"),
        (2, "198.51.100.7", "10.0.0.1"),
        (1, "nonsense", "10.0.0.1"),
        (1, None, "10.0.0.1"),
    ],
)
def test_behind_proxies_the_hop_that_they_saw_counts(
    settings: Settings, proxies: int, forwarded: str | None, address: str
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    assert client_address(request_from("10.0.0.1", forwarded)) == address


def test_an_ipv6_client_counts_by_its_network() -> None:
    near = [
        sign_in_limits(request_from(address), "login", "")[0].value
        for address in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9")
    ]
    far = sign_in_limits(request_from("2001:db8:1:3::1"), "login", "")[0].value
    assert near[0] == near[1] != far


def test_an_address_counts_as_what_it_stands_for() -> None:
    def network(address: str) -> str:
        return address_network(request_from(address))

    assert network("::ffff:198.51.100.7") == network("198.51.100.7") == "198.51.100.7"
    assert network("::ffff:198.51.100.7") != network("::ffff:198.51.100.8")
    assert network("64:ff9b::198.51.100.7") == network("198.51.100.7")
    assert network("fe80::1%eth0") == network("fe80::1%eth1")
    assert network("fe80::1") != network("fe80::2")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 second"), (89, "89 seconds"), (90, "2 minutes"), (301, "6 minutes"), (7200, "2 hours")],
)
def test_waiting_times_round_up(seconds: int, words: str) -> None:
    assert waiting_time(seconds) == words
