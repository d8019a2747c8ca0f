"""The patterns there are, by key."""

from runs.engine.pattern import Pattern
from runs.engine.patterns.react import REACT
from runs.engine.patterns.reflection import REFLECTION

PATTERNS: dict[str, Pattern] = {pattern.key: pattern for pattern in (REACT, REFLECTION)}
