"""ReAct: its calls and its observations."""

import re
from dataclasses import replace
from typing import Any

import pytest

from runs.engine.registry import PATTERNS
from tests.engine.harness import REACT, Harness
from tests.engine.replies import LOOK, compute, tool_texts
from tests.engine.scripted import Provider, Say


async def test_a_tool_turn_and_an_answer_are_two_calls(engine: Harness, provider: Provider):
    provider.script = [LOOK, Say("It is 42.")]
    result = await engine.run()
    assert (result.answer, result.answer_kind, result.stop_reason) == (
        "It is 42.",
        "final",
        "completed",
    )
    assert engine.keys == ["react/t1/think", "react/t2/think"]
    assert provider.requests[1]["messages"][-2:] == [
        {
            "role": "assistant",
            "content": "I compute.",
            "tool_calls": [
                {
                    "id": "c0",
                    "type": "function",
                    "function": {"name": "calculator", "arguments": '{"expression": "6*7"}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "c0", "content": "42"},
    ]
    assert [event["ok"] for event in engine.events("tool.finished")] == [True]


@pytest.mark.parametrize("turns", [1, 3])
async def test_the_most_calls_are_the_turns_and_the_closing(
    engine: Harness, provider: Provider, turns: int
):
    expressions = iter(range(99))
    provider.answer = lambda body: (
        Say("Best I can.") if body["tool_choice"] == "none" else compute(f"{next(expressions)}+1")
    )
    result = await engine.run(params={"max_iterations": turns})
    assert (
        len(provider.requests)
        == PATTERNS["react"].calls(
            PATTERNS["react"].params.model_validate({"max_iterations": turns})
        )[2]
    )
    assert (result.answer, result.answer_kind, result.stop_reason) == (
        "Best I can.",
        "best_effort",
        "max_iterations",
    )
    assert engine.keys[-1] == "react/close"


async def test_no_tool_is_called_without_tools(engine: Harness, provider: Provider):
    provider.script = [Say("Hello.")]
    assert (await engine.run(tools=())).answer == "Hello."
    assert "tools" not in provider.requests[0]


@pytest.mark.parametrize(
    "text",
    [
        "I cannot conclude yet, therefore I say: 42.",
        "Final Answer: no\nAction: search[x]\nObservation: made up",
        "```python\nprint(1)\n```\n\n- a\n- b",
    ],
)
async def test_no_words_of_the_model_steer_the_run(engine: Harness, provider: Provider, text: str):
    provider.script = [Say("I cannot conclude yet.", calls=LOOK.calls), Say(text)]
    result = await engine.run()
    assert result.answer == text
    assert len(provider.requests) == 2


async def test_braces_in_the_task_are_inert(engine: Harness, provider: Provider):
    provider.script = [Say("ok")]
    task = "Explain {task} {0} {a.b} {{x}} {findings} and {'json': [1]}"
    await engine.run(task=task)
    assert provider.requests[0]["messages"][1]["content"] == task


async def test_calls_of_one_turn_are_answered_in_their_order(engine: Harness, provider: Provider):
    calls = tuple(("calculator", f'{{"expression": "{n}+{n}"}}') for n in (1, 2, 3))
    provider.script = [Say(calls=calls), Say("done")]
    await engine.run()
    assert tool_texts(provider.requests[1]) == ["2", "4", "6"]
    ids = [m.get("tool_call_id") for m in provider.requests[1]["messages"] if m["role"] == "tool"]
    assert ids == ["c0", "c1", "c2"]


async def test_calls_over_the_turns_limit_are_answered_but_not_run(
    engine: Harness, provider: Provider
):
    calls = tuple(("calculator", f'{{"expression": "{n}"}}') for n in range(6))
    provider.script = [Say(calls=calls), Say("done")]
    await engine.run(params={"max_calls_per_turn": 2})
    assert tool_texts(provider.requests[1]) == [
        "0",
        "1",
        *["Not run: at most 2 calls in one turn."] * 4,
    ]
    assert len(engine.events("tool.started")) == 2


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (("search", "{}"), "There is no tool named “search”"),
        (("calculator", '{"expr'), "not valid JSON"),
        (("calculator", '{"expression": 42}'), "42 is not of type 'string'"),
        (("calculator", '{"expression": "1", "x": 1}'), "Additional properties"),
        (("calculator", "[]"), "not of type 'object'"),
        (("calculator", ""), "'expression' is a required property"),
        (("calculator", '{"expression": "1/0"}'), "Division by zero"),
    ],
)
async def test_a_bad_call_is_an_observation(
    engine: Harness, provider: Provider, call: tuple[str, str], said: str
):
    provider.script = [Say(calls=(call,)), Say("done")]
    assert (await engine.run()).answer == "done"
    (text,) = tool_texts(provider.requests[1])
    assert text.startswith("Error: ")
    assert said in text
    assert [event["ok"] for event in engine.events("tool.finished")] == [False]


@pytest.mark.parametrize(
    ("params", "right"),
    [({"max_iterations": 26}, False), ({"max_iterations": 25}, True), ({"turns": 1}, False)],
)
def test_parameters_are_checked(params: dict[str, Any], right: bool):
    if right:
        PATTERNS["react"].params.model_validate(params)
    else:
        with pytest.raises(ValueError, match=r"max_iterations|turns"):
            PATTERNS["react"].params.model_validate(params)


async def test_turns_are_numbered_for_the_viewers(engine: Harness, provider: Provider):
    provider.script = [LOOK, Say("42")]
    await engine.run()
    starts = [start for start, _ in engine.journal.steps]
    assert [(start.label, start.n, start.of) for start in starts] == [
        ("Turn 1 of 5: thinking", 1, 5),
        ("Turn 2 of 5: thinking", 2, 5),
    ]


async def test_roles_choose_the_model(engine: Harness, provider: Provider):
    provider.script = [Say("a")]
    await engine.run(replace(REACT, roles={"thinking": "thinker"}))
    assert provider.requests[0]["model"] == "thinker"


def test_prompts_are_short():
    for pattern in PATTERNS.values():
        for step in pattern.steps:
            assert len(re.findall(r"\w+", step.system + step.user)) < 250
