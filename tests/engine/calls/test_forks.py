"""A run that takes over the finished steps of another one, with other words and another model."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from runs.engine.calls.closing import concludes
from runs.engine.memory import MemoryJournal, up_to
from runs.engine.types import Recorded
from tests.engine.harness import REFLECTION, Died, Harness, Mortal
from tests.engine.replies import LOOK
from tests.engine.scripted import Provider, Say

ACCEPT = '{"verdict": "accept", "issues": [], "keep": [], "criteria": []}'


async def finished(engine: Harness, provider: Provider) -> Sequence[Recorded]:
    """The steps of a whole run: a thought that uses the calculator, and the answer."""
    provider.script = [LOOK, Say("42")]
    await engine.run()
    return engine.journal.finished


async def test_what_is_taken_over_is_not_bought_whatever_its_words(
    engine: Harness, provider: Provider
):
    steps = await finished(engine, provider)
    thought, tool, answer = (step.key for step in steps)
    engine.journal = MemoryJournal(taken=up_to(steps, tool))
    provider.script = [Say("It is 42.")]
    forked = await engine.run(model="m-2", custom_instructions="Be brief.")
    assert forked.answer == "It is 42."
    assert engine.keys == [answer]
    (sent,) = provider.requests[2:]
    assert sent["model"] == "m-2"
    assert [message["role"] for message in sent["messages"]][-2:] == ["assistant", "tool"]
    assert engine.codes() == []
    assert [e["key"] for e in engine.events("step.finished") if e.get("replayed")] == [thought]
    assert engine.events("tool.started") == []


async def test_steps_come_in_the_order_in_which_they_began(engine: Harness, provider: Provider):
    steps = await finished(engine, provider)
    taken = up_to(steps, steps[1].key)
    assert [step.key for step in taken] == [steps[0].key, steps[1].key]
    assert all(step.taken and not step.told for step in taken)
    with pytest.raises(KeyError):
        up_to(steps, "react/t9/think")


async def test_what_a_step_brought_is_told_once_in_a_fork_too(engine: Harness, provider: Provider):
    provider.script = [Say("Draft."), Say(ACCEPT)]
    await engine.run(REFLECTION)
    steps = engine.journal.finished
    taken = up_to(steps, "reflection/generate")
    engine.journal = journal = Mortal("reflection/reflect/1", taken)
    provider.script = [Say(ACCEPT)]
    with pytest.raises(Died):
        await engine.run(REFLECTION)
    journal.dies_after = ""
    assert (await engine.run(REFLECTION)).answer == "Draft."
    assert [made["key"] for made in engine.events("artifact")] == ["reflection/generate"]


async def test_a_tool_is_used_again_for_another_call(engine: Harness, provider: Provider):
    steps = await finished(engine, provider)
    other = [replace(step, digest="another call") for step in steps[:2]]
    engine.journal = MemoryJournal(taken=up_to(other, other[-1].key))
    provider.script = [Say("42")]
    assert (await engine.run()).answer == "42"
    (used,) = engine.events("tool.finished")
    assert used["ok"]


def test_which_calls_conclude_a_run():
    assert concludes("react/close/budget")
    assert concludes("storm/close/deadline/shorter")
    assert not concludes("react/t1/think")
    assert not concludes("react/close/budgets")
