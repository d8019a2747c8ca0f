"""Every pattern gets to its end on the benchmark's model, in the calls that it is measured by."""

import pytest

from bench.papers.lookups import TASK
from bench.papers.play import play
from bench.papers.run_ours import PARAMS, toolbox
from bench.papers.script import LOOK_UPS, model

CALLS = {
    "react": LOOK_UPS + 1,
    "rewoo": 2,
    "llm_compiler": 2,
    "reflection": 3,
    "reflexion": 3,
    "plan_and_solve": 5,
    "self_discovery": 7,
    "lats": 7,
    "storm": 9,
}


@pytest.mark.parametrize("pattern", CALLS)
def test_a_pattern_ends_in_its_calls(pattern: str):
    played = play(pattern, TASK, model, toolbox(pattern), **PARAMS.get(pattern, {}))
    assert len(played.calls) == CALLS[pattern]
    assert played.result.answer
