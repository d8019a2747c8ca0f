"""LLMCompiler runs a plan's calls while the plan is still being written."""

from dataclasses import replace

import pytest

from runs.engine.memory import MemoryJournal
from runs.engine.tools.registry import TOOLS
from runs.engine.types import Hold, Spec, StepEnd, StepStart
from tests.engine.harness import Harness
from tests.engine.patterns.planned import asked, echo, plan, task, tool
from tests.engine.scripted import Provider, Say

SPEC = Spec("Say it.", "llm_compiler", "m-1", tools=("echo", "write"))
ANSWER = Say("Said.")


@pytest.fixture(autouse=True)
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TOOLS, "echo", tool("echo", echo))
    monkeypatch.setitem(TOOLS, "write", replace(tool("write", echo), effect="write"))


def slowly(said: Say, *marks: str, cut: bool = False) -> Say:
    """The same, in pieces that end with these marks, with pauses between them."""
    pieces, rest = [], said.text
    for mark in marks:
        before, mark, rest = rest.partition(mark)
        pieces.append(before + mark)
    return replace(said, pieces=(*pieces, rest), pause_s=0.1, cut=cut)


def order(engine: Harness) -> list[str]:
    """What began and ended, in order."""
    return [
        f"{type} {data['key'].removeprefix('llm_compiler/')}"
        for type, data in engine.journal.events
        if type.startswith(("step.", "tool."))
    ]


async def test_a_task_runs_as_soon_as_it_is_written(engine: Harness, provider: Provider):
    two = plan(task("t1", "echo", text="a"), task("t2", "echo", text="${t1}b"))
    provider.script = [slowly(two, "},", "}]"), ANSWER]
    await engine.run(SPEC)
    assert order(engine)[:6] == [
        "step.started plan/1",
        "tool.started tool/1/1",
        "tool.finished tool/1/1",
        "tool.started tool/1/2",
        "tool.finished tool/1/2",
        "step.finished plan/1",
    ]
    assert "\nab\n" in asked(provider.requests[-1])
    assert len(engine.events("tool.started")) == 2


async def test_what_may_change_something_waits_for_the_whole_plan(
    engine: Harness, provider: Provider
):
    two = plan(task("t1", "write", text="a"), task("t2", "echo", text="${t1}"))
    provider.script = [slowly(two, "},", "}]"), ANSWER]
    await engine.run(SPEC)
    assert order(engine)[:3] == [
        "step.started plan/1",
        "step.finished plan/1",
        "tool.started tool/1/1",
    ]


async def test_what_the_repaired_plan_changed_is_run_again(engine: Harness, provider: Provider):
    kept, dropped = task("t3", "echo", text="kept"), task("t1", "echo", text="first")
    faulty = plan(dropped, task("t2", "echo", text="${t1}"), kept, task("t4", "echo", "t9"))
    good = plan(task("t1", "echo", text="second"), task("t2", "echo", text="${t1}"), kept)
    provider.script = [slowly(faulty, "},", "},", "},"), good, ANSWER]
    await engine.run(SPEC)
    told = asked(provider.requests[-1])
    assert "first" not in told
    assert told.count("\nsecond\n") == 2
    started = [event["key"] for event in engine.events("tool.started")]
    assert [started.count(f"llm_compiler/tool/1/{n}") for n in (1, 2, 3)] == [2, 2, 1]


async def test_a_plan_that_stays_unusable_leaves_no_results(engine: Harness, provider: Provider):
    faulty = plan(task("t1", "echo", text="early"), task("t2", "echo", "t9"))
    provider.script = [slowly(faulty, "},"), faulty, ANSWER]
    result = await engine.run(SPEC)
    assert result.stop_reason == "no_plan"
    assert len(engine.events("tool.finished")) == 1
    assert "early" not in asked(provider.requests[-1])


async def test_a_plan_whose_stream_broke_is_read_from_its_beginning(
    engine: Harness, provider: Provider
):
    old, new = plan(task("t1", "echo", text="old")), plan(task("t1", "echo", text="new"))
    provider.script = [slowly(old, "}", cut=True), slowly(new, "}"), ANSWER]
    await engine.run(SPEC)
    told = asked(provider.requests[-1])
    assert "\nnew\n" in told
    assert "\nold\n" not in told


class Dies(BaseException):
    """The worker was killed."""


class DiesAfterTool(MemoryJournal):
    """A journal whose worker is killed while the plan is written, after its first tool."""

    alive = False

    async def settle(self, start: StepStart, hold: Hold, end: StepEnd) -> None:
        if self.alive or not start.key.endswith("plan/1"):
            return await super().settle(start, hold, end)
        self.alive = True
        raise Dies


@pytest.mark.parametrize("again", ["a", "other"])
async def test_a_plan_bought_again_takes_only_outcomes_of_the_same_calls(
    engine: Harness, provider: Provider, again: str
):
    engine.journal = DiesAfterTool()
    first, second = plan(task("t1", "echo", text="a")), plan(task("t1", "echo", text=again))
    provider.script = [slowly(first, "}"), slowly(second, "}"), ANSWER]
    with pytest.raises(Dies):
        await engine.run(SPEC)
    await engine.run(SPEC)
    assert f"\n{again}\n" in asked(provider.requests[-1])
    assert len(engine.events("tool.started")) == (1 if again == "a" else 2)
