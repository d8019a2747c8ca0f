"""A run whose worker was killed after any of its steps ends the same, and pays nothing twice."""

from dataclasses import replace

import pytest

from runs.engine.errors import Stopped
from runs.engine.memory import MemoryStop
from runs.engine.types import Spec
from tests.engine.harness import REACT, REFLECTION, Died, Harness, Mortal
from tests.engine.replies import LOOK
from tests.engine.scripted import Provider, Say
from tests.simulator.process import Process, rows

SUM = replace(REACT, task="What is 17 % of 2,340, minus 58?", model="gpt-4o-mini")
TEXT = replace(REFLECTION, task="Write a note about tea.", model="gpt-4o-mini")


@pytest.mark.parametrize("spec", [SUM, TEXT], ids=["react", "reflection"])
async def test_killed_after_any_step_it_ends_the_same(simulator: Process, spec: Spec):
    engine = Harness(f"{simulator.url}/v1")
    whole = replace(spec, task=f"{spec.task} [sim: delay=0.001]")
    expected = await engine.run(whole)
    keys = engine.keys
    assert len(keys) >= 2
    for number, key in enumerate(keys):
        task = f"{spec.task} [sim: delay=0.00{number + 2}]"
        engine.journal = journal = Mortal(key)
        with pytest.raises(Died):
            await engine.run(spec, task=task)
        journal.dies_after = ""
        result = await engine.run(spec, task=task)
        assert result.answer == expected.answer
        assert engine.keys == keys
        assert len(await rows(simulator, task)) == len(keys)
        replayed = [e["key"] for e in engine.events("step.finished") if e.get("replayed")]
        assert replayed == keys[: number + 1]
    await engine.model.close()


async def test_a_tool_that_has_run_is_not_run_again(engine: Harness, provider: Provider):
    engine.journal = journal = Mortal("react/t2/think")
    provider.script = [LOOK, Say("42")]
    with pytest.raises(Died):
        await engine.run()
    journal.dies_after = ""
    assert (await engine.run()).answer == "42"
    assert len(engine.events("tool.started")) == 1
    assert len(provider.requests) == 2


async def test_events_are_not_told_twice(engine: Harness, provider: Provider):
    engine.journal = journal = Mortal("reflection/reflect/1")
    accept = '{"verdict": "accept", "issues": [], "keep": [], "criteria": []}'
    provider.script = [Say("Draft."), Say(accept)]
    with pytest.raises(Died):
        await engine.run(REFLECTION)
    journal.dies_after = ""
    await engine.run(REFLECTION)
    assert [a["key"] for a in engine.events("artifact")] == ["reflection/generate"]


async def test_a_changed_wording_is_noticed_and_the_answer_kept(
    engine: Harness, provider: Provider
):
    engine.journal = journal = Mortal("react/t1/think")
    provider.script = [Say("42")]
    with pytest.raises(Died):
        await engine.run()
    journal.dies_after = ""
    assert (await engine.run(custom_instructions="New.")).answer == "42"
    assert engine.codes() == ["digest_changed"]
    assert len(provider.requests) == 1


async def test_a_run_that_was_concluding_concludes(engine: Harness, provider: Provider):
    engine.journal = journal = Mortal("react/close/deadline")

    def answer(body: object) -> Say:
        engine.stop.drain("deadline")
        return LOOK if len(provider.requests) == 1 else Say("As far as I got.")

    provider.answer = answer
    with pytest.raises(Died):
        await engine.run()
    journal.dies_after = ""
    engine.stop = MemoryStop()
    result = await engine.run()
    assert (result.answer, result.stop_reason) == ("As far as I got.", "deadline")
    assert len(provider.requests) == 2


async def test_a_run_that_was_handed_back_goes_on(engine: Harness, provider: Provider):
    def answer(body: object) -> Say:
        engine.stop.drain("shutdown")
        return LOOK

    provider.answer = answer
    with pytest.raises(Stopped):
        await engine.run()
    engine.stop = MemoryStop()
    provider.answer = lambda body: Say("42")
    assert (await engine.run()).answer == "42"
    assert len(provider.requests) == 2
