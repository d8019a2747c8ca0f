"""Running tools: side by side where that is safe, once where it is not, never for ever."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from runs.engine.calls.parallel import MAX_PARALLEL
from runs.engine.calls.placed import PlacedCall
from runs.engine.calls.tools import ToolCalls
from runs.engine.clock import SystemClock
from runs.engine.errors import Stopped
from runs.engine.memory import MemoryBreakers, MemoryJournal, MemoryStop
from runs.engine.ports import Ports
from runs.engine.provider.openai_model import OpenAIModel
from runs.engine.tools.registry import TOOLS, ToolBox
from runs.engine.tools.tool import Outcome, Tool, ToolContext, shortened
from runs.engine.types import ToolCall
from tests.engine.harness import Silent
from tests.engine.patterns.planned import Slow
from tests.pace import LoopTime

ANY = {"type": "object"}


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Tool]:
    """Register a tool for this test."""

    def make(run: Any, **options: Any) -> Tool:
        made = Tool("t", "T", "A tool.", ANY, run, **options)
        monkeypatch.setitem(TOOLS, "t", made)
        return made

    return make


class Bench:
    def __init__(self, **options: Any) -> None:
        self.options = options
        self.journal = MemoryJournal()
        self.stop = MemoryStop()

    async def run(self, count: int = 1) -> list[Outcome]:
        model, live = OpenAIModel(api_key="none", base_url="http://127.0.0.1:9"), Silent()
        tools = ToolBox(["t"])
        clock = SystemClock()
        ports = Ports(
            self.journal, model, live, self.stop, clock, tools, MemoryBreakers(), **self.options
        )
        calls = ToolCalls(ports)
        placed = [PlacedCall(f"p/{n}", ToolCall(f"c{n}", "t", "{}")) for n in range(count)]
        return await calls.run_all(placed)


class Endless:
    """A tool that never ends by itself."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()

    async def __call__(self, arguments: dict[str, Any], context: ToolContext) -> str:
        self.begun.set()
        await asyncio.sleep(3600)
        return "slept"


async def test_reads_run_side_by_side_under_the_gate(tool: Callable[..., Tool]):
    slow = Slow()
    tool(slow)
    outcomes = await Bench().run(8)
    assert [outcome.text for outcome in outcomes] == ["slowly "] * 8
    assert slow.peak == MAX_PARALLEL


async def test_writes_run_one_at_a_time(tool: Callable[..., Tool]):
    running: list[int] = []

    async def write(arguments: dict[str, Any], context: ToolContext) -> str:
        running.append(1)
        assert len(running) == 1
        await asyncio.sleep(0.02)
        running.pop()
        return "written"

    tool(write, effect="write")
    assert [outcome.text for outcome in await Bench().run(3)] == ["written"] * 3


async def test_a_write_that_was_interrupted_is_not_repeated(tool: Callable[..., Tool]):
    endless = Endless()
    tool(endless, effect="write")
    bench = Bench()
    running = asyncio.create_task(bench.run())
    await endless.begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    (outcome,) = await bench.run()
    assert outcome.code == "outcome_unknown"


async def test_a_tool_that_hangs_times_out(tool: Callable[..., Tool]):
    tool(Endless(), timeout_s=0.05)
    (outcome,) = await Bench().run()
    assert (outcome.code, outcome.text) == ("timeout", "t took longer than 0.05 s.")


async def test_a_tool_that_breaks_is_an_observation(tool: Callable[..., Tool]):
    async def broken(arguments: dict[str, Any], context: ToolContext) -> str:
        raise RuntimeError("secret detail")

    tool(broken)
    (outcome,) = await Bench().run()
    assert outcome.code == "tool_failed"
    assert "secret" not in outcome.text


async def test_a_cancel_cuts_a_tool(tool: Callable[..., Tool]):
    endless = Endless()
    tool(endless)
    bench = Bench()
    running = asyncio.create_task(bench.run())
    await endless.begun.wait()
    bench.stop.halt("cancelled")
    async with LoopTime() as since:
        with pytest.raises(Stopped):
            await running
        assert since.seconds < 0.1


async def test_output_is_capped(tool: Callable[..., Tool]):
    async def long(arguments: dict[str, Any], context: ToolContext) -> str:
        return "a" * 500 + "z"

    tool(long, max_output_chars=100)
    (outcome,) = await Bench().run()
    assert outcome.text.startswith("a" * 75 + "\n[… 401 characters left out …]")
    assert outcome.text.endswith("z")


def test_a_short_text_is_left_alone():
    assert shortened("abc", 3) == "abc"


def test_an_unknown_tool_can_not_be_given():
    with pytest.raises(KeyError):
        ToolBox(["shell"])


async def test_tools_get_what_they_may_use(tool: Callable[..., Tool]):
    async def visit(arguments: dict[str, Any], context: ToolContext) -> str:
        return f"{context.secrets['key']} at {context.clock.now().tzinfo}, http: {context.http}"

    tool(visit, max_calls=2)
    bench = Bench(secrets={"key": "s3cret"})
    outcomes = await bench.run(3)
    assert [outcome.text for outcome in outcomes] == [
        *["s3cret at UTC, http: None"] * 2,
        "The limit of this run is reached: at most 2 calls of t.",
    ]


async def test_each_run_has_a_quota_of_its_own(tool: Callable[..., Tool]):
    async def visit(arguments: dict[str, Any], context: ToolContext) -> str:
        return "ok"

    tool(visit, max_calls=1)
    assert [(await Bench().run())[0].text for _ in range(2)] == ["ok", "ok"]


class Forbids:
    async def refusal(self, tool: str) -> str:
        return f"{tool} is forbidden."


async def test_a_tool_that_was_forbidden_meanwhile_is_an_observation(tool: Callable[..., Tool]):
    tool(Slow())
    assert await Bench(permits=Forbids()).run() == [Outcome("t is forbidden.", "forbidden")]
