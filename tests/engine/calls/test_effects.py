"""Calls that change something wait for a person; none is repeated without a word."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from runs.engine.calls.placed import PlacedCall
from runs.engine.calls.tools import ToolCalls
from runs.engine.clock import SystemClock
from runs.engine.errors import Paused
from runs.engine.memory import MemoryBreakers, MemoryJournal, MemoryStop
from runs.engine.ports import Ports
from runs.engine.provider.openai_model import OpenAIModel
from runs.engine.tools.registry import TOOLS, ToolBox
from runs.engine.tools.tool import Outcome, Tool, ToolContext, ToolError, ToolUnanswered
from runs.engine.types import Asked, ToolCall, ToolStep
from tests.engine.harness import Silent

SCHEMA = {"type": "object", "properties": {"to": {"type": "string"}}, "additionalProperties": False}


class Owner:
    """The approvals of one run, and what its owner says."""

    def __init__(self) -> None:
        self.questions: list[ToolStep] = []
        self.known: dict[str, Asked] = {}

    def of(self, key: str) -> Asked | None:
        return self.known.get(key)

    async def ask(self, step: ToolStep) -> None:
        self.questions.append(step)
        self.known[step.key] = Asked(step.attempt, step.digest, step.request["reason"])

    def say(self, key: str, verdict: Any, comment: str = "") -> None:
        self.known[key] = replace(self.known[key], verdict=verdict, comment=comment)


class Memory(MemoryJournal):
    """A journal that says which calls had begun."""

    def __init__(self, owner: Owner) -> None:
        super().__init__()
        self.owner = owner

    async def tool_started(self, step: ToolStep) -> None:
        self.owner.known[step.key] = Asked(step.attempt, step.digest, begun=True)
        await super().tool_started(step)


class Bench:
    def __init__(self) -> None:
        self.owner = Owner()
        self.journal = Memory(self.owner)
        self.stop = MemoryStop()
        self.effects: list[str] = []
        self.reads = 0
        self.hangs = False
        self.permits: Any = None
        self.begun = asyncio.Event()

    async def write(self, arguments: dict[str, Any], context: ToolContext) -> str:
        self.effects.append(context.effect_id)
        if self.hangs:
            self.begun.set()
            await asyncio.sleep(3600)
        return "sent"

    async def read(self, arguments: dict[str, Any], context: ToolContext) -> str:
        assert context.effect_id == ""
        await asyncio.sleep(0.01)
        self.reads += 1
        return "found"

    async def run(self, *calls: str, to: str = "bob") -> list[Outcome]:
        """Calls as `send` and `look`, each at the place of its number."""
        model = OpenAIModel(api_key="none", base_url="http://127.0.0.1:9")
        ports = Ports(
            self.journal,
            model,
            Silent(),
            self.stop,
            SystemClock(),
            ToolBox(["send", "look"]),
            MemoryBreakers(),
            approvals=self.owner,
            permits=self.permits,
        )
        arguments = f'{{"to": "{to}"}}'
        placed = [
            PlacedCall(f"p/{n}", ToolCall(f"c{n}", call, arguments)) for n, call in enumerate(calls)
        ]
        return await ToolCalls(ports).run_all(placed)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    made = Bench()
    send = Tool("send", "Mail", "Sends a mail.", SCHEMA, made.write, effect="write")
    monkeypatch.setitem(TOOLS, "send", send)
    monkeypatch.setitem(TOOLS, "look", Tool("look", "Look", "Looks.", SCHEMA, made.read))
    return made


async def test_it_is_asked_before_it_is_made(bench: Bench):
    with pytest.raises(Paused) as paused:
        await bench.run("send")
    assert (paused.value.reason, bench.effects) == ("approval", [])
    (question,) = bench.owner.questions
    assert question.request["tool"] == "send"
    bench.owner.say("p/0", "approved")
    assert [one.text for one in await bench.run("send")] == ["sent"]
    assert bench.effects == [question.request["effect_id"]]
    assert [one.text for one in await bench.run("send")] == ["sent"], "read back"
    assert len(bench.effects) == 1


class Forbids:
    """Staff have forbidden all tools since the submit."""

    async def refusal(self, tool: str) -> str:
        return f"{tool} is forbidden."


async def test_nobody_is_asked_about_a_tool_that_is_forbidden_anyway(bench: Bench):
    bench.permits = Forbids()
    assert await bench.run("send") == [Outcome("send is forbidden.", "forbidden")]
    assert (bench.owner.questions, bench.effects) == ([], [])


async def test_an_approved_call_of_a_tool_forbidden_since_is_not_made(bench: Bench):
    with pytest.raises(Paused):
        await bench.run("send")
    bench.owner.say("p/0", "approved")
    bench.permits = Forbids()
    assert await bench.run("send") == [Outcome("send is forbidden.", "forbidden")]
    assert bench.effects == []


async def test_one_that_is_open_is_not_asked_twice(bench: Bench):
    for _ in range(2):
        with pytest.raises(Paused):
            await bench.run("send")
    assert len(bench.owner.questions) == 1


async def test_all_of_a_turn_are_asked_at_once_after_its_reads(bench: Bench):
    with pytest.raises(Paused):
        await bench.run("send", "look", "send")
    assert [step.key for step in bench.owner.questions] == ["p/0", "p/2"]
    assert bench.reads == 1
    bench.owner.say("p/0", "approved")
    with pytest.raises(Paused):
        await bench.run("send", "look", "send")
    assert bench.effects == [], "nothing is made while a question of the turn is open"
    bench.owner.say("p/2", "declined", "one is enough")
    outcomes = await bench.run("send", "look", "send")
    assert [one.text for one in outcomes] == [
        "sent",
        "found",
        "Declined by the owner: one is enough",
    ]
    assert (bench.reads, len(bench.effects)) == (1, 1)


async def test_each_place_has_an_effect_of_its_own(bench: Bench):
    with pytest.raises(Paused):
        await bench.run("send", "send")
    ids = {step.request["effect_id"] for step in bench.owner.questions}
    assert len(ids) == 2


async def test_an_approval_is_for_what_was_shown(bench: Bench):
    with pytest.raises(Paused):
        await bench.run("send", to="bob")
    bench.owner.say("p/0", "approved")
    with pytest.raises(Paused):
        await bench.run("send", to="eve")
    assert bench.effects == []
    first, second = bench.owner.questions
    assert first.request["effect_id"] != second.request["effect_id"]


async def interrupted(bench: Bench) -> None:
    """It was approved, and its worker died while it ran."""
    with pytest.raises(Paused):
        await bench.run("send")
    bench.owner.say("p/0", "approved")
    bench.hangs = True
    running = asyncio.create_task(bench.run("send"))
    await bench.begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    bench.hangs = False
    with pytest.raises(Paused):
        await bench.run("send")
    first, second = bench.owner.questions
    assert (second.request["reason"], second.attempt) == ("outcome_unknown", 2)
    assert second.request["effect_id"] == first.request["effect_id"]


async def test_one_that_was_interrupted_is_asked_about_and_made_again_with_its_id(bench: Bench):
    await interrupted(bench)
    bench.owner.say("p/0", "approved")
    assert [one.text for one in await bench.run("send")] == ["sent"]
    assert len(set(bench.effects)) == 1
    assert len(bench.effects) == 2


@pytest.mark.parametrize(
    ("verdict", "code", "said"),
    [
        ("took_effect", "", "took effect: I saw it"),
        ("declined", "outcome_unknown", "not to repeat"),
    ],
)
async def test_the_owner_knows_what_became_of_it(bench: Bench, verdict: str, code: str, said: str):
    await interrupted(bench)
    bench.owner.say("p/0", verdict, "I saw it")
    (outcome,) = await bench.run("send")
    assert outcome.code == code
    assert said in outcome.text
    assert len(bench.effects) == 1


async def test_at_the_deadline_nobody_is_asked_and_nothing_is_made(bench: Bench):
    bench.stop.drain("deadline")
    (outcome,) = await bench.run("send")
    assert (outcome.code, bench.effects) == ("not_approved", [])
    assert bench.owner.questions == []


async def test_an_open_question_is_no_approval_at_the_deadline(bench: Bench):
    with pytest.raises(Paused):
        await bench.run("send")
    bench.stop.drain("deadline")
    (outcome,) = await bench.run("send")
    assert (outcome.code, bench.effects) == ("not_approved", [])


async def test_a_call_that_does_not_fit_is_no_question(bench: Bench, monkeypatch):
    (outcome,) = await bench.run("send", to='", "x": "')
    assert (outcome.code, bench.owner.questions) == ("bad_arguments", [])


async def test_a_tool_that_needs_no_approval_is_made_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(TOOLS, "send", replace(TOOLS["send"], approval=False))
    assert [one.text for one in await bench.run("send")] == ["sent"]
    assert bench.effects != [""]
    assert bench.owner.questions == []


@pytest.mark.parametrize("error", [TimeoutError, ToolUnanswered, ConnectionResetError])
async def test_a_change_without_an_answer_may_have_been_made(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    async def lost(arguments: dict[str, Any], context: ToolContext) -> str:
        raise error("Lost.")

    options: Any = {"effect": "write", "approval": False}
    monkeypatch.setitem(TOOLS, "send", Tool("send", "Mail", "Sends.", SCHEMA, lost, **options))
    (outcome,) = await bench.run("send")
    assert outcome.code == "outcome_unknown"


async def test_a_change_that_is_refused_was_not_made(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(arguments: dict[str, Any], context: ToolContext) -> str:
        raise ToolError("No such address.")

    options: Any = {"effect": "write", "approval": False}
    monkeypatch.setitem(TOOLS, "send", Tool("send", "Mail", "Sends.", SCHEMA, refuse, **options))
    assert await bench.run("send") == [Outcome("No such address.", "refused")]
