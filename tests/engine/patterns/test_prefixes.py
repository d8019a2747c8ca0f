"""How much of each prompt a provider's cache can have: what stood at the head of an earlier one."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest

from runs.engine.registry import PATTERNS
from runs.engine.types import Spec, StepStart
from tests.engine.harness import Harness
from tests.engine.patterns.planned import plan, step, system, task
from tests.engine.patterns.simulated import simulator
from tests.engine.scripted import Body, Provider, Say

TASK = "What is 6*7, and what is 12*12? Compare tea and coffee."
TOOLS = ("calculator", "current_time", "web_search")
# So that each pattern makes calls of the same step more than once.
PARAMS: dict[str, dict[str, Any]] = {
    "react": {"max_calls_per_turn": 1, "max_iterations": 2},
    "reflection": {"max_reflection_cycles": 2},
    "self_discovery": {"mode": "stepwise"},
    "lats": {"max_iterations": 3},
    "storm": {"follow_up_rounds": 2},
}
GOALS = {"reflexion": ("Contains “zebra”",)}
# Of a step's later prompts, what they share with an earlier one, in percent of the one that shares
# the least. The task is short here: the longer it is, the more they share.
LEAST = {
    "react": {"think": 90},
    "reflection": {"reflect": 90},
    "plan_and_solve": {"execute": 60},
    "reflexion": {"plan": 75, "try": 60, "reflect": 75},
    "llm_compiler": {"plan": 75, "join": 60},
    "rewoo": {"work": 80},
    "lats": {"expand": 85, "evaluate": 55},
    "self_discovery": {"work_out": 50},
    "storm": {"questions": 85, "follow_up": 20, "settle": 25, "section": 20},
}


def prompt(start: StepStart) -> str:
    """All that is sent, in the order in which a prefix counts: tools, schema, messages."""
    asked = start.request
    parts = [asked["tools"], asked["schema"], *asked["messages"]]
    return "".join(orjson.dumps(part).decode() for part in parts)


def shared(text: str, earlier: list[str]) -> str:
    """The longest head that it has in common with one of these."""
    return max((_head(text, one) for one in earlier), key=len)


def _head(text: str, other: str) -> str:
    differ = (place for place, (a, b) in enumerate(zip(text, other, strict=False)) if a != b)
    return text[: next(differ, min(len(text), len(other)))]


def again(starts: list[StepStart], key: str) -> Iterator[tuple[StepStart, str, list[str]]]:
    """The calls of steps that were called before, with their prompts and the earlier ones."""
    earlier: dict[str, list[str]] = {}
    for start in starts:
        step = PATTERNS[key].step_of(start.key)
        assert step
        known = earlier.setdefault(step.key, [])
        if known:
            yield start, step.key, list(known)
        known.append(prompt(start))


def replans(body: Body) -> Say:
    """LLMCompiler's model, whose first joiner asks for more."""
    if system(body).startswith("You plan the tool calls"):
        more = "<missing>" in body["messages"][1]["content"]
        return plan(task("t2" if more else "t1", expression="6*7"))
    may_replan = body["tool_choice"] != "none"
    return Say(calls=(("replan", '{"missing": "more"}'),)) if may_replan else Say("It is 42.")


def asks(body: Body) -> Say:
    """ReWOO's model, which plans two questions for a model."""
    if system(body).startswith("You plan which evidence"):
        questions = ("Is 42 even?", "Is 42 large?")
        return plan(*(step(f"E{n}", "llm", question=q) for n, q in enumerate(questions, 1)))
    return Say("It is 42.")


SCRIPTS = {"llm_compiler": replans, "rewoo": asks}


@asynccontextmanager
async def harness(key: str, provider: Provider) -> AsyncIterator[Harness]:
    """An engine on the pattern's script, or on the simulator."""
    async with simulator() as url:
        provider.answer = SCRIPTS.get(key)
        engine = Harness(provider.url if key in SCRIPTS else url, as_openai=key not in SCRIPTS)
        engine.secrets = {"search_url": url.replace("/v1", "/sim/search")}
        yield engine
        await engine.model.close()


async def played(key: str, provider: Provider) -> list[StepStart]:
    """The LLM calls of one run."""
    spec = Spec(TASK, key, "m-1", PARAMS.get(key, {}), TOOLS, goals=GOALS.get(key, ()))
    async with harness(key, provider) as engine:
        assert (await engine.run(spec)).status == "succeeded"
        return [start for start, _ in engine.journal.steps]


@pytest.mark.parametrize("key", [*PATTERNS])
async def test_what_two_calls_of_a_step_share_comes_first(key: str, provider: Provider):
    least: dict[str, int] = {}
    for start, step_key, earlier in again(await played(key, provider), key):
        text = prompt(start)
        head = shared(text, earlier)
        assert TASK in head, start.key
        percent = 100 * len(head) // len(text)
        least[step_key] = min(percent, least.get(step_key, 100))
    assert least.keys() == LEAST[key].keys()
    assert {name: share for name, share in least.items() if share < LEAST[key][name]} == {}


async def test_react_closes_inside_its_conversation(provider: Provider):
    *turns, closing = await played("react", provider)
    assert closing.key == "react/close"
    last = prompt(turns[-1])
    assert prompt(closing).startswith(last)
    assert "No more tools can be used." in closing.request["messages"][-1]["content"]


async def test_a_repair_goes_on_from_what_was_asked(provider: Provider, engine: Harness):
    provider.script = [Say("A draft."), Say("no JSON"), Say("nor this")]
    await engine.run(Spec(TASK, "reflection", "m-1"))
    *_, asked, repair = [start for start, _ in engine.journal.steps]
    assert repair.key.endswith("/repair")
    assert prompt(repair).startswith(prompt(asked))
