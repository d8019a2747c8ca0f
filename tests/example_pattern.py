"""The pattern of `docs/patterns.md`, exactly as it stands there."""

import re
from pathlib import Path
from types import ModuleType

from runs.engine.pattern import AnyPattern

DOCS = Path(__file__).parents[1] / "docs" / "patterns.md"


def source() -> str:
    """The example's code."""
    example = re.search(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert example is not None
    return example[1]


def vote() -> AnyPattern:
    """Execute the example of the docs, and return its pattern."""
    module = ModuleType("vote")
    exec(compile(source(), str(DOCS), "exec"), module.__dict__)
    pattern: AnyPattern = module.__dict__["Vote"]
    return pattern
