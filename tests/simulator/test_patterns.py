"""The simulator plays every pattern of the engine."""

from agentsite.simulator.patterns import SCRIPTS
from runs.engine.registry import PATTERNS


def test_every_pattern_has_a_script() -> None:
    assert SCRIPTS.keys() == PATTERNS.keys()
