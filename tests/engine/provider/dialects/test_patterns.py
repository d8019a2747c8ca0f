"""Both patterns through each dialect: tools, the closing calls and the review included."""

from typing import Any

import pytest

from runs.engine.provider.dialects.memory import MemoryDialects
from runs.engine.types import Origin, Result
from tests.engine.harness import REFLECTION, Harness, Poor
from tests.engine.provider.dialects.strict import OPENAI, STRICT, Strict, endpoint
from tests.engine.scripted import Provider, Refuse

KINDS = [(name, one, False) for name, one in STRICT.items()]
KINDS += [(name, one, True) for name, one in OPENAI.items()]
ALL = pytest.mark.parametrize(
    ("strict", "as_openai"), [kind[1:] for kind in KINDS], ids=[name for name, *_ in KINDS]
)
MODEL, OWN_MODEL = "m-1", "gpt-9"
WISHES = {"reasoning_effort": "max", "verbosity": "low"}
ONE_CALL = {"max_calls_per_turn": 1}


async def everything(
    provider: Provider, dialects: MemoryDialects, *, as_openai: bool = False
) -> list[Result]:
    """Each kind of request that the patterns make, by a process of its own."""
    engine = Harness(provider.url, dialects=dialects, as_openai=as_openai)
    engine.origin = Origin("run-1", "somebody")
    asked: dict[str, Any] = {"model": OWN_MODEL, **WISHES} if as_openai else {}
    params = ONE_CALL if as_openai else {}
    try:
        answered = await engine.run(params=params, **asked)
        engine.forget()
        closed_in_place = await engine.run(params={"max_iterations": 2}, **asked)
        engine.journal = Poor(2)
        concluded = await engine.run(**asked)
        engine.forget()
        reviewed = await engine.run(REFLECTION, **asked)
        assert "fallback" not in engine.codes()
        return [answered, closed_in_place, concluded, reviewed]
    finally:
        await engine.model.close()


@ALL
async def test_each_rule_is_learnt_by_one_lost_request_and_outlives_the_process(
    provider: Provider, strict: Strict, as_openai: bool
):
    dialects = MemoryDialects()
    provider.answer = endpoint(strict)
    for lost in (len(strict.rules), 0):
        provider.requests.clear()
        results = await everything(provider, dialects, as_openai=as_openai)
        assert [result.answer for result in results] == ["The answer is 42."] * 4
        assert [result.answer_kind for result in results] == [
            "final",
            "best_effort",
            "best_effort",
            "final",
        ]
        assert sum(strict.breaks(body) for body in provider.requests) == lost
    assert dialects.known(OWN_MODEL if as_openai else MODEL).rules == set(strict.rules)


@ALL
async def test_what_an_endpoint_does_not_refuse_stays_native(
    provider: Provider, strict: Strict, as_openai: bool
):
    dialects = MemoryDialects()
    provider.answer = endpoint()
    await everything(provider, dialects, as_openai=as_openai)
    assert any(strict.breaks(body) for body in provider.requests)
    assert dialects.known(OWN_MODEL if as_openai else MODEL).rules == set()


async def test_an_unknown_endpoint_is_sent_nothing_that_only_openai_takes(provider: Provider):
    provider.answer = endpoint()
    await everything(provider, MemoryDialects())
    assert not any(one.breaks(body) for one in OPENAI.values() for body in provider.requests)


async def test_many_rules_are_learnt_one_after_the_other(provider: Provider):
    names = ("cap name", "stream_options", "system", "user after tool", "any JSON", "null content")
    dialects = MemoryDialects()
    strict = [STRICT[name] for name in names]
    provider.answer = endpoint(*strict)
    results = await everything(provider, dialects)
    assert [result.answer for result in results] == ["The answer is 42."] * 4
    assert dialects.known("m-1").rules == {rule for one in strict for rule in one.rules}


async def test_a_rule_that_did_not_help_is_not_kept(provider: Provider):
    dialects = MemoryDialects()
    engine = Harness(provider.url, dialects=dialects)
    provider.answer = lambda body: Refuse(400, "stream_options: no, whatever is sent")
    try:
        assert (await engine.run()).status == "failed"
    finally:
        await engine.model.close()
    assert dialects.known("m-1").rules == set()
