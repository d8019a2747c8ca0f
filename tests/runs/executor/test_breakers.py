"""Breakers in Redis: shared by all workers, one probe among many, and open to all without Redis."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import uuid4

import pytest
from django.conf import settings
from redis import Redis

from agentsite.local.ports import free_port
from agentsite.local.redis import EmbeddedRedis
from runs.breakers import key_of, read, written
from runs.engine.breaker import Rules
from runs.engine.types import Admission, Outage
from runs.executor import breakers
from runs.executor.breakers import RedisBreakers
from tests.pace import LoopTime

RULES = Rules(failures=3, lasting_s=0, open_s=300, probe_s=600)


@pytest.fixture(autouse=True)
def _patient_and_attentive(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call looks, and a busy machine is no Redis that is away."""
    monkeypatch.setattr(breakers, "VIEW_S", 0.0)
    monkeypatch.setattr(breakers, "ANSWER_S", 5.0)


@pytest.fixture
def model() -> Iterator[str]:
    """A model of this test's own."""
    name = f"m-{uuid4().hex}"
    yield name
    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.delete(key_of(name))


@asynccontextmanager
async def workers(
    number: int, url: str = "", rules: Rules = RULES
) -> AsyncIterator[list[RedisBreakers]]:
    """So many worker processes' breakers."""
    made = [RedisBreakers(url or settings.REDIS_URL, rules, {}) for _ in range(number)]
    yield made
    for one in made:
        await one.close()


def pass_time(model: str, seconds: float, url: str = "") -> None:
    """As if so much time had passed since all that is written of the model."""
    with Redis.from_url(url or settings.REDIS_URL) as redis:
        text = redis.get(key_of(model))
        assert isinstance(text, bytes)
        known = read(text)
        times = ("since", "failed_at", "open_until", "probe_until")
        earlier = {name: getattr(known, name) - seconds for name in times if getattr(known, name)}
        redis.set(key_of(model), written(replace(known, **earlier)))


async def fail(worker: RedisBreakers, model: str, times: int = 1) -> None:
    for _ in range(times):
        await worker.failed(Admission(model), "connection")


async def test_failures_at_several_workers_are_one_row(model: str):
    async with workers(3) as (one, two, three):
        await fail(one, model)
        await fail(two, model)
        assert await three.admit(model) == Admission(model)
        await fail(one, model)
        refused = await two.admit(model)
        assert isinstance(refused, Outage)
        assert (refused.failures, refused.code) == (3, "connection")


async def test_failures_at_the_same_time_all_count(model: str):
    async with workers(20, rules=Rules(failures=20, lasting_s=0)) as made:
        await asyncio.gather(*(fail(one, model) for one in made))
        async with workers(1) as (fresh,):
            outage = await fresh.outage(model)
        assert outage is not None
        assert outage.failures == 20


async def test_of_many_workers_exactly_one_probes(model: str):
    async with workers(20) as made:
        await fail(made[0], model, 3)
        assert isinstance(await made[1].admit(model), Outage)
        pass_time(model, RULES.open_s)
        asked = await asyncio.gather(*(one.admit(model) for one in made for _ in range(10)))
        let_in = [one for one in asked if isinstance(one, Admission)]
        assert len(let_in) == 1
        assert let_in[0].probe

        await made[0].answered(let_in[0])
        async with workers(1) as (fresh,):
            assert await fresh.admit(model) == Admission(model)


async def test_when_the_holder_of_the_probe_dies_another_may_probe(model: str):
    async with workers(2) as (dies, lives):
        await fail(dies, model, 3)
        pass_time(model, RULES.open_s)
        assert isinstance(await dies.admit(model), Admission)
        assert isinstance(await lives.admit(model), Outage)
        pass_time(model, RULES.probe_s)
        taken = await lives.admit(model)
        assert isinstance(taken, Admission)
        assert taken.probe


async def test_a_failed_probe_opens_it_again_for_all(model: str):
    async with workers(2) as (one, two):
        await fail(one, model, 3)
        pass_time(model, RULES.open_s)
        probe = await one.admit(model)
        assert isinstance(probe, Admission)
        await one.failed(probe, "timeout")
        refused = await two.admit(model)
        assert isinstance(refused, Outage)
        assert refused.code == "timeout"
        assert refused.again_at is not None


async def test_a_call_that_goes_well_costs_one_read_a_second_and_no_write(
    private_redis: EmbeddedRedis, model: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(breakers, "VIEW_S", 1.0)
    with Redis.from_url(private_redis.url) as redis:
        async with workers(1, private_redis.url) as (one,):
            for _ in range(200):
                admission = await one.admit(model)
                assert isinstance(admission, Admission)
                await one.answered(admission)
        calls = redis.info("commandstats")
    assert calls["cmdstat_get"]["calls"] <= 3
    assert "cmdstat_eval" not in calls


async def test_without_redis_all_are_let_in_and_none_waits(model: str):
    async with workers(1, f"redis://127.0.0.1:{free_port()}/0") as (one,), LoopTime() as since:
        await fail(one, model, 10)
        assert await one.admit(model) == Admission(model)
        assert await one.outage(model) is None
        assert since.seconds < 1


async def test_a_redis_that_says_nothing_holds_a_call_up_once_and_the_loop_never(
    model: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(breakers, "ANSWER_S", 0.5)
    silent = await asyncio.start_server(lambda *_: asyncio.sleep(5), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    async with workers(1, f"redis://127.0.0.1:{port}/0") as (one,), LoopTime() as since:
        admitted = await asyncio.gather(*(one.admit(model) for _ in range(50)))
        assert admitted == [Admission(model)] * 50
        assert since.seconds < 1
        assert since.turns >= 5, "the loop went on"
    silent.close()


async def test_a_redis_that_refuses_writes_lets_all_in(private_redis: EmbeddedRedis, model: str):
    with Redis.from_url(private_redis.url) as redis:
        async with workers(2, private_redis.url) as (one, two):
            await fail(one, model, 3)
            assert isinstance(await two.admit(model), Outage)
            pass_time(model, RULES.open_s, private_redis.url)
            redis.replicaof("127.0.0.1", free_port())
            assert await one.admit(model) == Admission(model)
            assert await one.admit(model) == Admission(model)


async def test_what_it_cannot_read_counts_as_nothing(model: str):
    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.set(key_of(model), '{"of": "another release"}')
    async with workers(1) as (one,):
        assert await one.admit(model) == Admission(model)
        await fail(one, model, 3)
        assert isinstance(await one.admit(model), Outage)
