"""Every pattern can wait for more money at any call, and then buys what it would have bought."""

import pytest

from runs.engine.errors import Paused
from runs.engine.registry import PATTERNS
from runs.engine.types import Hold, Purse, StepStart
from tests.engine.harness import Harness, Poor
from tests.engine.patterns.simulated import spec


class Asking(Poor):
    """A journal with money for so many calls, whose run then asks for more."""

    async def hold(self, start: StepStart) -> Hold:
        if self.calls == 0 and not start.closing:
            raise Paused("funds")
        return await super().hold(start)

    async def affords(self, *bound: object) -> Purse | None:
        return None


@pytest.mark.parametrize("key", [*PATTERNS])
async def test_it_waits_for_money_at_any_call_and_pays_the_same(simulated: Harness, key: str):
    simulated.forget()
    whole = await simulated.run(spec(key))
    calls = sorted(simulated.keys)
    for affordable in range(len(calls)):
        simulated.journal = journal = Asking(affordable)
        with pytest.raises(Paused):
            await simulated.run(spec(key))
        assert all(end for _, end in journal.steps), "what is in flight ends before it waits"
        journal.calls = 99
        resumed = await simulated.run(spec(key))
        assert resumed.answer == whole.answer, affordable
        assert sorted(simulated.keys) == calls, affordable


@pytest.mark.parametrize("key", [*PATTERNS])
async def test_what_it_had_is_kept_while_it_waits(simulated: Harness, key: str):
    simulated.forget()
    await simulated.run(spec(key))
    simulated.journal = Asking(len(simulated.keys) - 1)
    with pytest.raises(Paused) as paused:
        await simulated.run(spec(key))
    assert paused.value.partial is None or paused.value.partial.strip()
