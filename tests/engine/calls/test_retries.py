"""When an attempt is made again, how often, and after how long."""

import asyncio
import time

import pytest

from tests.engine.harness import Harness
from tests.engine.scripted import Provider, Refuse, Say
from tests.pace import LoopTime

NOW = {"retry-after": "0"}


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504])
async def test_a_passing_trouble_is_tried_again(engine: Harness, provider: Provider, status: int):
    provider.script = [Refuse(status, headers=NOW), Refuse(status, headers=NOW), Say("42")]
    result = await engine.run()
    assert result.answer == "42"
    assert [(start.key, start.attempt) for start, _ in engine.journal.steps] == [
        ("react/t1/think", 1),
        ("react/t1/think", 2),
        ("react/t1/think", 3),
    ]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_a_lasting_trouble_is_not(engine: Harness, provider: Provider, status: int):
    provider.script = [Refuse(status)]
    assert (await engine.run()).status == "failed"
    assert len(provider.requests) == 1


async def test_an_empty_account_is_not_asked_again(engine: Harness, provider: Provider):
    provider.script = [Refuse(429, "pay", code="insufficient_quota")]
    result = await engine.run()
    assert result.error == {
        "code": "insufficient_quota",
        "message": "This site's account with the provider has no credit left.",
    }
    assert len(provider.requests) == 1


async def test_three_attempts_are_the_most(engine: Harness, provider: Provider):
    provider.script = [Refuse(429, headers=NOW)] * 9
    result = await engine.run()
    assert result.error is not None
    assert result.error["code"] == "rate_limited"
    assert len(provider.requests) == 3


async def test_an_answer_that_breaks_off_gets_one_more_attempt(engine: Harness, provider: Provider):
    provider.script = [Say(pieces=("half ",), cut=True)] * 9
    result = await engine.run()
    assert result.status == "failed"
    assert (result.answer, result.answer_kind) == ("half", "partial")
    assert len(provider.requests) == 2


async def test_retry_after_is_kept(engine: Harness, provider: Provider):
    provider.script = [Refuse(429, headers={"retry-after": "0.7"}), Say("42")]
    began = time.monotonic()
    async with LoopTime() as since:
        await engine.run()
        assert since.seconds < 3
    assert time.monotonic() - began >= 0.7


async def test_a_cancel_ends_the_wait_for_a_retry(engine: Harness, provider: Provider):
    provider.script = [Refuse(429, headers={"retry-after": "60"})]
    running = asyncio.create_task(engine.run())
    while not engine.ends:
        await asyncio.sleep(0.01)
    engine.stop.halt("cancelled")
    result = await asyncio.wait_for(running, 50)
    assert result.status == "cancelled"
