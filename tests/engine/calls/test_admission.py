"""Failing models are left alone, their fallbacks are called, and one call finds out in the end."""

import asyncio

import pytest

from runs.engine.breaker import Rules
from runs.engine.memory import MemoryBreakers, MemoryJournal, MemoryStop
from runs.engine.types import Hold, StepEnd, StepStart
from tests.engine.harness import Died, Harness
from tests.engine.planning import SPEC as PLANNED
from tests.engine.planning import plan, playing, step
from tests.engine.scripted import Body, Provider, Refuse, Say

NOW = {"retry-after": "0"}
PAUSE_S = 30.0
OUTAGE = Refuse(503, headers=NOW)


class Clock:
    """Stands still until it is put forward."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def breakers(failures: int = 2, clock: Clock | None = None, **fallbacks: str) -> MemoryBreakers:
    names = {model.replace("_", "-"): other for model, other in fallbacks.items()}
    rules = Rules(failures=failures, lasting_s=0, open_s=PAUSE_S)
    return MemoryBreakers(rules, names, clock or Clock())


class MortalAtSecond(MemoryJournal):
    """A journal whose worker is killed once the second attempt is settled."""

    async def settle(self, start: StepStart, hold: Hold, end: StepEnd) -> None:
        await super().settle(start, hold, end)
        if start.attempt == 2:
            raise Died


def models(provider: Provider) -> list[str]:
    return [request["model"] for request in provider.requests]


async def test_an_open_breaker_sends_and_holds_nothing(engine: Harness, provider: Provider):
    engine.breakers = breakers(failures=2)
    provider.script = [OUTAGE, OUTAGE]
    failed = await engine.run()
    assert failed.error is not None
    assert failed.error["code"] == "model_unavailable"
    assert len(engine.journal.steps) == 2

    engine.forget()
    refused = await engine.run()
    assert refused.status == "failed"
    assert refused.error is not None
    assert refused.error["code"] == "model_unavailable"
    assert "its last 2 calls failed. The provider failed." in str(refused.error["message"])
    assert (len(provider.requests), engine.journal.steps) == (2, [])
    (notice,) = engine.events("notice")
    assert (notice["code"], notice["model"], notice["failures"]) == ("breaker", "m-1", 2)


async def test_the_fallback_answers_under_the_same_step(engine: Harness, provider: Provider):
    engine.breakers = breakers(failures=2, m_1="m-2")
    provider.script = [OUTAGE, OUTAGE, Say("42")]
    result = await engine.run()
    assert result.answer == "42"
    assert models(provider) == ["m-1", "m-1", "m-2"]
    starts = [start for start, _ in engine.journal.steps]
    assert [(start.key, start.attempt, start.model) for start in starts] == [
        ("react/t1/think", 1, "m-1"),
        ("react/t1/think", 2, "m-1"),
        ("react/t1/think", 3, "m-2"),
    ]
    assert len({start.digest for start in starts}) == 1
    assert engine.codes() == ["breaker", "fallback"]
    assert engine.events("notice")[1]["called"] == "m-2"


async def test_it_is_told_once_in_a_run(engine: Harness, provider: Provider):
    engine.breakers = breakers(failures=1, m_1="m-2")
    call = Say(calls=(("calculator", '{"expression": "6*7"}'),))
    provider.script = [OUTAGE, call, Say("42")]
    assert (await engine.run()).answer == "42"
    assert models(provider) == ["m-1", "m-2", "m-2"]
    assert engine.codes() == ["breaker", "fallback"]


async def test_fallbacks_have_fallbacks(engine: Harness, provider: Provider):
    engine.breakers = breakers(failures=1, m_1="m-2", m_2="m-3")
    provider.script = [OUTAGE, OUTAGE, Say("42")]
    assert (await engine.run()).answer == "42"
    assert models(provider) == ["m-1", "m-2", "m-3"]
    assert engine.codes() == ["breaker", "fallback", "breaker", "fallback"]


async def test_where_all_of_them_fail_each_is_named(engine: Harness, provider: Provider):
    engine.breakers = breakers(failures=1, m_1="m-2")
    provider.script = [OUTAGE, OUTAGE]
    result = await engine.run()
    assert result.error is not None
    assert result.error["code"] == "model_unavailable"
    assert "“m-1” wasn’t called" in str(result.error["message"])
    assert "“m-2” wasn’t called" in str(result.error["message"])


async def test_a_fallback_that_reasons_gets_a_higher_cap(engine: Harness, provider: Provider):
    engine.breakers = breakers(failures=1, m_1="o3")
    provider.script = [OUTAGE, Say("42")]
    await engine.run()
    first, second = (start.max_output_tokens for start, _ in engine.journal.steps)
    assert second == 4 * first


async def test_what_a_fallback_answered_is_read_back(engine: Harness, provider: Provider):
    engine.breakers = breakers(failures=1, m_1="m-2")
    engine.journal = MortalAtSecond()
    provider.script = [OUTAGE, Say("42")]
    with pytest.raises(Died):
        await engine.run()
    assert (await engine.run()).answer == "42"
    assert models(provider) == ["m-1", "m-2"]
    assert "digest_changed" not in engine.codes()


@pytest.mark.parametrize(
    "refusal",
    [
        Refuse(400),
        Refuse(401),
        Refuse(404),
        Refuse(429, headers=NOW),
        Refuse(409, headers=NOW),
        Refuse(400, "This model's maximum context length is 10 tokens"),
        Refuse(400, "The response was filtered", code="content_filter"),
    ],
    ids=lambda refusal: f"{refusal.status} {refusal.message[:12]}",
)
async def test_what_is_about_the_request_opens_nothing(
    engine: Harness, provider: Provider, refusal: Refuse
):
    engine.breakers = breakers(failures=1)
    provider.answer = lambda _: refusal
    await engine.run()
    assert await engine.breakers.outage("m-1") is None


@pytest.mark.parametrize(
    "trouble",
    [Refuse(500, headers=NOW), Refuse(529, headers=NOW), Refuse(408), Say("half", cut=True)],
    ids=["500", "529", "408", "cut"],
)
async def test_what_any_call_would_meet_opens_it(engine: Harness, provider: Provider, trouble):
    engine.breakers = breakers(failures=1)
    provider.answer = lambda _: trouble
    await engine.run()
    assert await engine.breakers.outage("m-1")
    assert len(provider.requests) == 1


async def test_silence_opens_it(provider: Provider):
    engine = Harness(provider.url, read_timeout_s=0.1)
    engine.breakers = breakers(failures=1)
    provider.answer = lambda _: Say(hang=True)
    await engine.run()
    await engine.model.close()
    assert await engine.breakers.outage("m-1")


async def test_nobody_there_opens_it():
    engine = Harness("http://127.0.0.1:9/v1")
    engine.breakers = breakers(failures=1)
    await engine.run()
    await engine.model.close()
    outage = await engine.breakers.outage("m-1")
    assert outage is not None
    assert outage.code == "connection"


async def test_a_cancel_opens_nothing(engine: Harness, provider: Provider):
    engine.breakers = breakers(failures=1)
    provider.answer = lambda _: Say(hang=True)
    running = asyncio.create_task(engine.run())
    while not provider.requests:
        await asyncio.sleep(0.01)
    engine.stop.halt("cancelled")
    assert (await running).status == "cancelled"
    assert await engine.breakers.outage("m-1") is None


async def opened(engine: Harness, provider: Provider) -> None:
    """The breaker of m-1 has opened, and its pause is over."""
    clock = Clock()
    engine.breakers = breakers(failures=1, clock=clock)
    provider.script = [OUTAGE]
    await engine.run()
    engine.forget()
    provider.requests.clear()
    clock.now += PAUSE_S


async def test_one_call_probes_and_the_others_are_refused(engine: Harness, provider: Provider):
    await opened(engine, provider)
    provider.answer = lambda _: Say("42", pause_s=0.2)
    others = [Harness(provider.url) for _ in range(9)]
    for other in others:
        other.breakers = engine.breakers
    results = await asyncio.gather(engine.run(), *(other.run() for other in others))
    for other in others:
        await other.model.close()
    assert sorted(result.status for result in results) == ["failed"] * 9 + ["succeeded"]
    assert len(provider.requests) == 1


async def test_the_first_words_of_a_probe_let_the_others_in(engine: Harness, provider: Provider):
    await opened(engine, provider)

    def answer(body: Body) -> Say:
        first = len(provider.requests) == 1
        return Say(pieces=("4", "2"), pause_s=1) if first else Say("quick")

    provider.answer = answer
    probe = asyncio.create_task(engine.run())
    while not engine.live.seen:
        await asyncio.sleep(0.01)
    other = Harness(provider.url)
    other.breakers = engine.breakers
    assert (await other.run()).answer == "quick"
    await other.model.close()
    assert not probe.done()
    assert (await probe).answer == "42"


async def test_a_probe_that_fails_opens_it_again(engine: Harness, provider: Provider):
    await opened(engine, provider)
    provider.answer = lambda _: OUTAGE
    result = await engine.run()
    assert result.error is not None
    assert result.error["code"] == "model_unavailable"
    assert len(provider.requests) == 1


async def test_a_probe_that_is_refused_for_its_request_gives_its_place_back(
    engine: Harness, provider: Provider
):
    await opened(engine, provider)
    provider.script = [Refuse(400), Say("42")]
    assert (await engine.run()).status == "failed"
    engine.forget()
    assert (await engine.run()).answer == "42"


async def test_a_probe_that_is_cancelled_gives_its_place_back(engine: Harness, provider: Provider):
    await opened(engine, provider)
    provider.script = [Say(hang=True), Say("42")]
    running = asyncio.create_task(engine.run())
    while not provider.requests:
        await asyncio.sleep(0.01)
    assert await engine.breakers.outage("m-1")
    engine.stop.halt("cancelled")
    assert (await running).status == "cancelled"
    engine.forget()
    engine.stop = MemoryStop()
    assert (await engine.run()).answer == "42"


async def test_to_a_pattern_it_is_a_call_that_failed(engine: Harness, provider: Provider):
    engine.breakers = breakers(failures=1)
    gone = Refuse(503, headers=NOW)
    provider.answer = playing(plan(step("a"), step("b"), step("c", "b")), s2=gone)
    roles = {"execution": "m-2", "documentation": "m-1"}
    result = await engine.run(PLANNED, roles=roles)
    assert (result.status, result.answer_kind) == ("succeeded", "best_effort")
    assert any("“m-2” wasn’t called:" in warning for warning in result.warnings)
