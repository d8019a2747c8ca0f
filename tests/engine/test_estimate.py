"""The sizes that a run's calls can reach: what was said before comes back as input."""

from itertools import pairwise

import pytest

from runs.engine import tokens
from runs.engine.calls.transcript import CONTEXT_TOKENS, MAX_CONTEXT_SHARE
from runs.engine.estimate import BYTES_PER_TOKEN, Size, call_sizes
from runs.engine.registry import PATTERNS
from runs.engine.types import Spec

REACT = Spec("What is 6*7?", "react", "m-1", tools=("calculator",))
REFLECTION = Spec("Write a note.", "reflection", "m-1")


def sizes(spec: Spec, calls: int, *, held: bool = False, **params: int) -> list[list[Size]]:
    pattern = PATTERNS[spec.pattern]
    checked = pattern.params.model_validate(params)
    return list(call_sizes(spec, pattern, checked, calls, held=held))


def largest_inputs(found: list[list[Size]]) -> list[int]:
    return [max(size.input_tokens for size in call) for call in found]


def growths(found: list[list[Size]]) -> list[int]:
    inputs = largest_inputs(found)
    return [after - before for before, after in pairwise(inputs)]


def test_a_conversation_grows_by_an_answer_and_what_tools_return() -> None:
    assert growths(sizes(REACT, 3)) == [4096] * 2
    held = sizes(REACT, 3, held=True, max_calls_per_turn=2, observation_chars=500)
    assert growths(held) == [4096 * BYTES_PER_TOKEN + 2 * 500] * 2


def test_a_conversation_never_outgrows_its_window() -> None:
    found = sizes(REACT, 40)
    assert growths(found)[-1] == 0
    assert sum(growths(found)) == int(CONTEXT_TOKENS * MAX_CONTEXT_SHARE)


def test_a_step_is_sent_the_answers_that_its_prompt_names() -> None:
    by_call = sizes(REFLECTION, 5)
    generate, reflect, refine = ([call[n].input_tokens for call in by_call] for n in range(3))
    assert len(set(generate)) == 1
    # A review reads draft and criteria, an improvement draft and review.
    for inputs in (reflect, refine):
        assert inputs[1] - inputs[0] == inputs[2] - inputs[1] == 4096
        assert inputs[2] == inputs[3] == inputs[4]


def test_the_first_call_is_bounded_as_its_hold_is() -> None:
    pattern = PATTERNS["reflection"]
    first = sizes(REFLECTION, 1, held=True)[0][0]
    step = pattern.steps[0]
    messages = [
        {"role": "system", "content": step.system},
        {"role": "user", "content": step.user.replace("{task}", REFLECTION.task)},
    ]
    assert first == Size("m-1", tokens.bound_input(messages, [], None), step.max_output_tokens)


@pytest.mark.parametrize(("model", "cap"), [("m-1", 4096), ("o3", 4 * 4096)])
def test_a_reasoning_models_answers_are_longer(model: str, cap: int) -> None:
    spec = Spec("What is 6*7?", "react", "m-1", roles={"thinking": model})
    assert {(s.model, s.output_tokens) for s in sizes(spec, 1)[0]} >= {(model, cap)}
