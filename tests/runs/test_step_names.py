"""Steps have names for people wherever only their keys are known."""

import pytest

from runs.engine.calls.closing import position
from runs.engine.registry import KNOWN
from runs.engine.stop_reasons import REASONS
from runs.step_names import step_name

STEPS = [(key, step) for key, pattern in KNOWN.items() for step in pattern.steps]


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("react/t1/think", "Thinking 1"),
        ("react/t1/tool/2", "Tool call 1.2"),
        ("react/close/budget", "Writing the answer"),
        ("reflection/reflect/2", "Reviewing 2"),
        ("reflection/generate/again", "Writing draft, asked again"),
        ("lats/i3/tool/1.2", "Tool call 3.1.2"),
        ("storm/search/1/2", "Search 1.2"),
        ("gone_since/some_step/3", "Some step 3"),
        ("odd", "Odd"),
    ],
)
def test_a_key_in_words(key: str, name: str) -> None:
    assert step_name(key) == name


@pytest.mark.parametrize(("pattern", "step"), STEPS)
def test_every_step_is_called_what_its_pattern_calls_it(pattern, step) -> None:
    assert step_name(f"{pattern}/{step.key}/1") == f"{step.label} 1"
    assert step.label not in (step.key, step.key.replace("_", " "))


@pytest.mark.parametrize("pattern", KNOWN)
@pytest.mark.parametrize("reason", REASONS)
def test_a_call_that_concludes_is_called_after_its_step(pattern: str, reason: str) -> None:
    assert step_name(f"{pattern}/{position(reason)}") == KNOWN[pattern].closing.label
