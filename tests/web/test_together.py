"""Calls that wait for others go as one."""

import asyncio
from collections.abc import Callable, Sequence

from web.together import MOST, Together


class Slow:
    """What answers, once it is let; `sent` has what went together."""

    def __init__(self) -> None:
        self.sent: list[list[int]] = []
        self.may_answer = asyncio.Event()

    async def __call__(self, calls: Sequence[int]) -> list[int | Exception]:
        self.sent.append(list(calls))
        await self.may_answer.wait()
        if 0 in calls:
            raise ConnectionError
        return [ValueError(call) if call < 0 else 2 * call for call in calls]


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0)


def asked(together: Together[int, int], *calls: int) -> list[asyncio.Task[int]]:
    return [asyncio.create_task(together.call(call)) for call in calls]


async def test_what_comes_while_one_is_under_way_goes_together() -> None:
    slow = Slow()
    together = Together(slow)
    first = asked(together, 1)
    await until(lambda: slow.sent == [[1]])
    others = asked(together, 2, 3, 4)
    slow.may_answer.set()
    assert await asyncio.gather(*first, *others) == [2, 4, 6, 8]
    assert slow.sent == [[1], [2, 3, 4]]


async def test_so_many_are_under_way_at_once() -> None:
    slow = Slow()
    together = Together(slow, at_once=2)
    calls = []
    for call in (1, 2):
        calls += asked(together, call)
        await until(lambda: len(slow.sent) == len(calls))  # noqa: B023 - awaited at once
    calls += asked(together, 3, 4)
    slow.may_answer.set()
    assert await asyncio.gather(*calls) == [2, 4, 6, 8]
    assert slow.sent == [[1], [2], [3, 4]]


async def test_no_more_than_that_go_at_a_time() -> None:
    slow = Slow()
    slow.may_answer.set()
    calls = range(1, 2 * MOST + 2)
    found = await asyncio.gather(*asked(Together(slow), *calls))
    assert found == [2 * call for call in calls]
    assert [len(sent) for sent in slow.sent] == [MOST, MOST, 1]


async def test_each_has_its_own_error() -> None:
    slow = Slow()
    slow.may_answer.set()
    good, bad = await asyncio.gather(*asked(Together(slow), 1, -1), return_exceptions=True)
    assert good == 2
    assert isinstance(bad, ValueError)


async def test_what_is_raised_is_everyones_error_and_not_that_of_later_calls() -> None:
    slow = Slow()
    slow.may_answer.set()
    together = Together(slow)
    errors = await asyncio.gather(*asked(together, 0, 1), return_exceptions=True)
    assert [type(error) for error in errors] == [ConnectionError] * 2
    assert await together.call(1) == 2


async def test_who_has_left_is_not_asked_for() -> None:
    slow = Slow()
    together = Together(slow)
    (first,) = asked(together, 1)
    await until(lambda: bool(slow.sent))
    leaves, stays = asked(together, 2, 3)
    await asyncio.sleep(0)
    leaves.cancel()
    slow.may_answer.set()
    assert [await first, await stays] == [2, 6]
    assert leaves.cancelled()
    assert slow.sent == [[1], [3]]
