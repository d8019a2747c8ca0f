"""One subscription for many: who was told that a group's messages come misses none of them."""

import asyncio
import itertools
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings

from runs import channel_layer
from runs.channel_layer import FROM_HERE, SharedSubscriptionLayer
from tests.stack import standing_still

LATEST_S = 90


@pytest.fixture
def layer() -> SharedSubscriptionLayer:
    return SharedSubscriptionLayer(settings.REDIS_URL, f"test-{uuid4().hex}")


async def next_of(layer: SharedSubscriptionLayer, channel: str) -> dict[str, Any]:
    async with asyncio.timeout(LATEST_S):
        return await layer.receive(channel)


async def joined(layer: SharedSubscriptionLayer, group: str) -> str:
    channel = await layer.new_channel()
    await layer.group_add(group, channel)
    return channel


async def test_whoever_joins_is_told_and_then_has_all_messages(layer):
    first, second = await joined(layer, "a"), await joined(layer, "a")
    for channel in (first, second):
        assert await next_of(layer, channel) is FROM_HERE

    await layer.group_send("a", {"type": "x", "number": 1})
    late = await joined(layer, "a")
    assert await next_of(layer, late) is FROM_HERE
    await asyncio.to_thread(layer.send_from_thread, "a", {"type": "x", "number": 2})

    for channel in (first, second):
        assert [(await next_of(layer, channel))["number"] for _ in range(2)] == [1, 2]
    assert (await next_of(layer, late))["number"] in (1, 2)


async def test_whoever_left_has_none(layer):
    stays, leaves = await joined(layer, "a"), await joined(layer, "a")
    for channel in (stays, leaves):
        await next_of(layer, channel)
    await layer.group_discard("a", leaves)
    await layer.group_add("b", leaves)
    assert await next_of(layer, leaves) is FROM_HERE

    await layer.group_send("a", {"type": "x"})
    await next_of(layer, stays)
    await layer.group_send("b", {"type": "y"})

    assert (await next_of(layer, leaves))["type"] == "y"


@contextmanager
def numbers_sent(layer: SharedSubscriptionLayer, groups: list[str]) -> Iterator[None]:
    """Meanwhile each group is sent one number after another, from a thread."""
    ends = threading.Event()

    def send() -> None:
        for number in itertools.count():
            for group in groups:
                layer.send_from_thread(group, {"type": "x", "number": number})
            if ends.wait(0.001):
                return

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join()


async def test_a_race_of_joining_and_leaving_loses_no_message(layer):
    """The first prototype of a shared subscription lost some where several joined at once."""
    groups = [f"group-{number}" for number in range(4)]
    chance = random.Random(11)

    async def come_and_go() -> None:
        for _ in range(12):
            group = chance.choice(groups)
            channel = await joined(layer, group)
            await asyncio.sleep(chance.random() / 500)
            assert await next_of(layer, channel) is FROM_HERE
            found = [await next_of(layer, channel) for _ in range(chance.randrange(1, 6))]
            # Told again since another subscription was confirmed: nothing was lost by that.
            numbers = [one["number"] for one in found if one is not FROM_HERE]
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
            await layer.group_discard(group, channel)

    with numbers_sent(layer, groups):
        await asyncio.gather(*(come_and_go() for _ in range(12)))


async def test_nobody_is_told_before_redis_has_heard(private_redis):
    layer = SharedSubscriptionLayer(private_redis.url, "test")
    assert await next_of(layer, await joined(layer, "known")) is FROM_HERE
    with standing_still(private_redis.child):
        waiting = [await joined(layer, "new") for _ in range(3)]
        known = await joined(layer, "known")
        assert await next_of(layer, known) is FROM_HERE
        told = [asyncio.create_task(layer.receive(channel)) for channel in waiting]
        await asyncio.sleep(0.2)
        assert not any(one.done() for one in told)
    async with asyncio.timeout(LATEST_S):
        assert await asyncio.gather(*told) == [FROM_HERE] * 3
    await layer.group_send("new", {"type": "x"})
    assert (await next_of(layer, waiting[2]))["type"] == "x"


async def test_joining_waits_for_no_redis_and_goes_on_after_it_comes_back(private_redis):
    layer = SharedSubscriptionLayer(private_redis.url, "test")
    before = await joined(layer, "a")
    assert await next_of(layer, before) is FROM_HERE
    await asyncio.to_thread(private_redis.stop)
    during = await joined(layer, "b")
    await asyncio.to_thread(private_redis.start)

    for channel, group in ((before, "a"), (during, "b")):
        assert await next_of(layer, channel) is FROM_HERE
        await layer.group_send(group, {"type": "x", "group": group})
        assert (await next_of(layer, channel))["group"] == group


async def test_a_receiver_that_is_busy_keeps_the_newest_and_is_told(layer, monkeypatch):
    monkeypatch.setattr(channel_layer, "KEPT", 10)
    busy = await joined(layer, "a")
    watching = await joined(layer, "a")
    assert await next_of(layer, watching) is FROM_HERE
    for number in range(15):
        await layer.group_send("a", {"type": "x", "number": number})
        assert (await next_of(layer, watching))["number"] == number

    found = [await next_of(layer, busy)]
    while found[-1].get("number") != 14:
        found.append(await next_of(layer, busy))

    assert found[0] is FROM_HERE
    numbers = [one["number"] for one in found[1:]]
    assert 0 < len(numbers) <= 10
    assert numbers == list(range(15 - len(numbers), 15))
