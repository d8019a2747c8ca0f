"""Work that needs other work: it begins when that has ended, and not later."""

import asyncio

import pytest

from runs.engine.calls.parallel import together


class Log:
    """When each piece of work began and ended, in steps of the event loop's clock."""

    def __init__(self) -> None:
        self.order: list[str] = []

    async def work(self, name: str, seconds: float = 0.0, *, fails: bool = False) -> str:
        self.order.append(f"+{name}")
        await asyncio.sleep(seconds)
        self.order.append(f"-{name}")
        if fails:
            raise ValueError(name)
        return name


async def test_a_task_begins_when_its_own_needs_have_ended():
    log = Log()
    work = [log.work("slow", 0.2), log.work("quick", 0.01), log.work("after quick")]
    assert await together(work, 4, [(), (), (1,)]) == ["slow", "quick", "after quick"]
    assert log.order.index("+after quick") < log.order.index("-slow")


async def test_waiting_takes_no_place_of_those_that_can_work():
    log = Log()
    waiting = [log.work(f"late {n}") for n in range(6)]
    work = [*waiting, log.work("first", 0.01), log.work("second", 0.01)]
    needs = [(6, 7)] * 6 + [()] * 2
    async with asyncio.timeout(60):
        await together(work, 2, needs)
    assert log.order[:2] == ["+first", "+second"]


async def test_after_a_failure_what_needs_it_never_begins():
    log = Log()
    work = [log.work("bad", fails=True), log.work("after"), log.work("beside", 0.05)]
    with pytest.raises(ValueError, match="bad"):
        await together(work, 4, [(), (0,), ()])
    assert "+after" not in log.order
    assert "-beside" in log.order


async def test_a_chain_is_worked_off_under_a_limit_of_one():
    log = Log()
    names = [str(n) for n in range(20)]
    work = [log.work(name) for name in reversed(names)]
    needs = [(place + 1,) if place < 19 else () for place in range(20)]
    assert await together(work, 1, needs) == [*reversed(names)]
    assert [entry for entry in log.order if entry[0] == "+"] == [f"+{name}" for name in names]
