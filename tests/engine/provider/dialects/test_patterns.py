"""Both patterns through each dialect: tools, the closing calls and the review included."""

import pytest

from runs.engine.provider.dialects.memory import MemoryDialects
from runs.engine.types import Result
from tests.engine.harness import REFLECTION, Harness, Poor
from tests.engine.provider.dialects.strict import STRICT, Strict, endpoint
from tests.engine.scripted import Provider

ALL = pytest.mark.parametrize("strict", STRICT.values(), ids=list(STRICT))


async def everything(provider: Provider, dialects: MemoryDialects) -> list[Result]:
    """Each kind of request that the patterns make, by a process of its own."""
    engine = Harness(provider.url, dialects=dialects)
    try:
        answered = await engine.run()
        engine.forget()
        closed_in_place = await engine.run(params={"max_iterations": 2})
        engine.journal = Poor(2)
        concluded = await engine.run()
        engine.forget()
        reviewed = await engine.run(REFLECTION)
        assert "fallback" not in engine.codes()
        return [answered, closed_in_place, concluded, reviewed]
    finally:
        await engine.model.close()


@ALL
async def test_each_rule_is_learnt_by_one_lost_request_and_outlives_the_process(
    provider: Provider, strict: Strict
):
    dialects = MemoryDialects()
    provider.answer = endpoint(strict)
    for lost in (len(strict.rules), 0):
        provider.requests.clear()
        results = await everything(provider, dialects)
        assert [result.answer for result in results] == ["The answer is 42."] * 4
        assert [result.answer_kind for result in results] == [
            "final",
            "best_effort",
            "best_effort",
            "final",
        ]
        assert sum(strict.breaks(body) for body in provider.requests) == lost
    assert dialects.known("m-1").rules == set(strict.rules)


@ALL
async def test_what_an_endpoint_does_not_refuse_stays_native(provider: Provider, strict: Strict):
    dialects = MemoryDialects()
    provider.answer = endpoint()
    await everything(provider, dialects)
    assert any(strict.breaks(body) for body in provider.requests)
    assert dialects.known("m-1").rules == set()


async def test_many_rules_are_learnt_one_after_the_other(provider: Provider):
    names = ("cap name", "stream_options", "system", "user after tool", "any JSON", "null content")
    dialects = MemoryDialects()
    strict = [STRICT[name] for name in names]
    provider.answer = endpoint(*strict)
    results = await everything(provider, dialects)
    assert [result.answer for result in results] == ["The answer is 42."] * 4
    assert dialects.known("m-1").rules == {rule for one in strict for rule in one.rules}
