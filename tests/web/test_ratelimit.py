"""Limits hold to the last request, on counters of django-ratelimit, and never are in the way."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.test import RequestFactory
from django_ratelimit.core import get_usage
from pytest_django import Settings

from agentsite.local.redis import EmbeddedRedis
from tests.stack import wait_for
from web.counters import counters
from web.ratelimit import Counted, Limit, aconsume, consume


def counts(counted: Counted | None) -> list[int]:
    assert counted is not None
    return [usage.count for usage in counted.usages]


def django_ratelimit(limit: Limit, *, increment: bool) -> int:
    """What the package itself has counted."""
    usage = get_usage(
        RequestFactory().get("/"),
        group=limit.group,
        key=lambda _group, _request: limit.value,
        rate=limit.rate,
        increment=increment,
    )
    assert usage is not None
    return int(usage["count"])


def test_exactly_the_limit_passes_under_concurrency(who: str) -> None:
    limits = [Limit("test", who, "50/d"), Limit("other", who, "70/d")]

    def allowed(_: int) -> bool:
        counted = consume(limits)
        assert counted is not None
        return counted.allowed

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(allowed, range(120))) == 50
    assert django_ratelimit(limits[1], increment=False) == 50


async def test_exactly_the_limit_passes_when_it_is_awaited(who: str) -> None:
    limit = Limit("test", who, "50/d")
    counted = await asyncio.gather(*(aconsume([limit]) for _ in range(120)))
    assert sum(one.allowed for one in counted if one) == 50
    assert all(counted)


async def test_a_request_that_is_cut_off_leaves_the_others_their_answers(who: str) -> None:
    limit = Limit("test", who, "50/d")
    requests = [asyncio.create_task(aconsume([limit])) for _ in range(20)]
    await asyncio.sleep(0)
    for request in requests[::2]:
        request.cancel()
    answers = [await request for request in requests[1::2]]
    assert all(counts(answer) for answer in answers)


async def test_all_count_on_the_counters_of_django_ratelimit(who: str) -> None:
    limits = [Limit("test", who, "9/d"), Limit("test", who, "9/2h")]
    assert counts(consume(limits)) == [1, 1]
    assert [django_ratelimit(limit, increment=True) for limit in limits] == [2, 2]
    assert counts(await aconsume(limits)) == [3, 3]
    assert [django_ratelimit(limit, increment=False) for limit in limits] == [3, 3]


def test_a_refused_request_uses_up_no_other_limit(who: str) -> None:
    limits = [Limit("tight", who, "1/d"), Limit("wide", who, "5/d")]
    first, second, third = (consume(limits) for _ in range(3))
    assert counts(first) == [1, 1]
    assert counts(second) == counts(third) == [2, 1]
    assert second is not None
    assert not second.allowed
    assert second.tightest.limit.group == "tight"


def test_a_limit_of_nothing_refuses_all(who: str) -> None:
    counted = consume([Limit("test", who, "0/d")])
    assert counted is not None
    assert not counted.allowed
    assert counted.tightest.remaining == 0


def test_where_there_is_no_limit_nothing_is_counted() -> None:
    assert consume([]) is None


def test_a_counter_goes_after_its_time(who: str) -> None:
    assert counters().add([who], [1, 1]) == [1]
    wait_for(lambda: counters().add([who], [1, 1]) == [1])


@pytest.mark.usefixtures("redis_away")
async def test_nothing_is_counted_while_redis_is_away_and_the_log_says_so_once(
    who: str, caplog: pytest.LogCaptureFixture
) -> None:
    limit = Limit("test", who, "1/d")
    with caplog.at_level(logging.WARNING):
        assert [consume([limit]) for _ in range(3)] == [None] * 3
        assert [await aconsume([limit]) for _ in range(3)] == [None] * 3
    assert ["rate limits are off" in record.message for record in caplog.records] == [True]


def test_it_counts_again_once_redis_is_there_again(
    who: str, private_redis: EmbeddedRedis, settings: Settings
) -> None:
    cache = {**settings.CACHES["default"], "LOCATION": private_redis.url}
    settings.CACHES = {"default": cache}
    limits = [Limit("test", who, "9/d")]
    assert counts(consume(limits)) == [1]
    private_redis.kill()
    assert consume(limits) is None
    private_redis.start()
    assert counts(wait_for(lambda: consume(limits)))
