"""ReAct: its calls, its limits, and what goes wrong in it."""

import re
from dataclasses import replace
from typing import Any

import orjson
import pytest

from runs.engine.registry import PATTERNS
from tests.engine.harness import REACT, Harness, Poor
from tests.engine.provider import Body, Provider, Refuse, Say

LOOK = Say("I compute.", calls=(("calculator", '{"expression": "6*7"}'),))


def compute(expression: str) -> Say:
    return Say(calls=(("calculator", orjson.dumps({"expression": expression}).decode()),))


def tool_texts(body: Body) -> list[str]:
    return [m["content"] for m in body["messages"] if m["role"] == "tool"]


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


async def test_a_repeated_call_is_not_run_again(engine: Harness, provider: Provider):
    spaced = Say(calls=(("calculator", '{ "expression" : "6*7" }'),))
    provider.script = [LOOK, spaced, Say("42")]
    await engine.run()
    assert tool_texts(provider.requests[2]) == ["42", "You already asked this. The result was:\n42"]
    assert len(engine.events("tool.started")) == 1


async def test_a_loop_ends_in_the_closing_call(engine: Harness, provider: Provider):
    provider.answer = lambda body: Say("Stuck.") if body["tool_choice"] == "none" else LOOK
    result = await engine.run(params={"max_iterations": 25})
    assert (result.answer_kind, result.stop_reason) == ("best_effort", "no_progress")
    assert len(provider.requests) == 1 + 3 + 1
    assert engine.codes() == ["loop"]


async def test_too_many_errors_in_a_row_end_in_the_closing_call(
    engine: Harness, provider: Provider
):
    numbers = iter(range(99))
    provider.answer = lambda body: (
        Say("Stuck.") if body["tool_choice"] == "none" else compute(f"{next(numbers)}/0")
    )
    result = await engine.run(params={"max_iterations": 25})
    assert result.stop_reason == "no_progress"
    assert len(provider.requests) == 4 + 1


async def test_an_empty_turn_is_nudged_once(engine: Harness, provider: Provider):
    provider.script = [Say(), Say("There.")]
    result = await engine.run()
    assert (result.answer, result.answer_kind) == ("There.", "final")
    assert engine.keys == ["react/t1/think", "react/t1/nudge"]
    assert "neither an answer nor a tool call" in provider.requests[1]["messages"][-1]["content"]


async def test_two_empty_turns_lead_to_the_closing_call(engine: Harness, provider: Provider):
    provider.script = [Say(), Say(), Say("Something.")]
    result = await engine.run()
    assert (result.answer, result.answer_kind, result.stop_reason) == (
        "Something.",
        "best_effort",
        "no_progress",
    )


async def test_a_model_that_says_nothing_fails_the_run(engine: Harness, provider: Provider):
    provider.answer = lambda body: Say()
    result = await engine.run()
    assert (result.status, result.answer) == ("failed", None)
    assert result.error is not None
    assert result.error["code"] == "empty_answer"


async def test_a_refusal_is_never_the_answer(engine: Harness, provider: Provider):
    provider.script = [Say(refusal="I can't help with that.")]
    result = await engine.run()
    assert (result.status, result.stop_reason, result.answer) == ("failed", "refused", None)


async def test_reasoning_that_used_up_the_cap_is_given_a_higher_one(
    engine: Harness, provider: Provider
):
    provider.script = [Say(finish="length"), Say("42")]
    assert (await engine.run()).answer == "42"
    caps = [body["max_completion_tokens"] for body in provider.requests]
    assert caps == [4096, 8192]
    assert engine.keys == ["react/t1/think", "react/t1/think/longer"]


async def test_an_answer_cut_at_the_cap_says_so(engine: Harness, provider: Provider):
    provider.script = [Say("It is fort", finish="length")]
    result = await engine.run()
    assert (result.answer_kind, result.warnings) == (
        "best_effort",
        ("The answer was cut at the output cap.",),
    )


async def test_a_long_observation_is_cut_in_its_middle(engine: Harness, provider: Provider):
    provider.script = [compute("2**1000 * 10**700"), Say("done")]
    await engine.run(params={"observation_chars": 200})
    (text,) = tool_texts(provider.requests[1])
    assert "characters left out" in text
    assert text.endswith("0" * 50)


async def test_an_over_long_conversation_loses_old_observations_only(
    engine: Harness, provider: Provider
):
    # One observation of a run fills the window only with a task that nearly fills it by itself.
    provider.script = [compute("2**1000 * 10**900"), Say("done")]
    await engine.run(task="word " * 90_000)
    (text,) = tool_texts(provider.requests[1])
    assert "characters left out" in text
    assert len(provider.requests[1]["messages"][1]["content"]) == len("word " * 90_000)


async def test_without_money_for_a_turn_the_closing_call_answers(
    engine: Harness, provider: Provider
):
    engine.journal = Poor(1)
    provider.script = [LOOK, Say("42, I think.")]
    result = await engine.run()
    assert (result.status, result.answer, result.answer_kind, result.stop_reason) == (
        "succeeded",
        "42, I think.",
        "best_effort",
        "budget",
    )
    assert engine.keys == ["react/t1/think", "react/close/budget"]
    assert "calculator" in provider.requests[1]["messages"][1]["content"]


async def test_without_any_money_left_the_run_ends_with_what_was_found(
    engine: Harness, provider: Provider
):
    engine.journal = Poor(1, closing=False)
    provider.script = [LOOK]
    result = await engine.run()
    assert (result.status, result.answer_kind, result.stop_reason) == (
        "succeeded",
        "partial",
        "budget",
    )
    assert result.answer is not None
    assert "42" in result.answer


async def test_without_money_for_anything_the_run_fails(engine: Harness, provider: Provider):
    engine.journal = Poor(0, closing=False)
    result = await engine.run()
    assert (result.status, result.answer) == ("failed", None)
    assert result.error is not None
    assert result.error["code"] == "budget_exceeded"
    assert provider.requests == []


async def test_a_provider_error_keeps_what_was_found(engine: Harness, provider: Provider):
    provider.script = [LOOK, Refuse(401, "bad key")]
    result = await engine.run()
    assert (result.status, result.answer_kind) == ("failed", "partial")
    assert result.error == {"code": "authentication", "message": "bad key"}
    assert result.answer is not None
    assert "bad key" not in result.answer


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
