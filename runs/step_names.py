"""Steps by name, where only their keys are at hand: `react/t1/tool/2` is “Tool call 1.2”."""

import re

from runs.engine.registry import step_of

# What no pattern declares, and calls that repeat another one.
PLACES = {"tool": "Tool call", "search": "Search", "purse": "Looking at the money"}
AGAIN = {
    "again": "asked again",
    "last": "for the last time",
    "longer": "with more room",
    "nudge": "reminded",
    "repair": "repaired",
    "shorter": "made shorter",
    "verify": "of the result",
}
# A turn, a trial, an iteration, or a place in a list.
NUMBER = re.compile(r"[ti]?(\d[\d.]*)")


def step_name(key: str) -> str:
    """What a step is called, with its numbers, and what was special about it."""
    parts = key.split("/")[1:] or [key]
    numbers = [found[1] for part in parts if (found := NUMBER.fullmatch(part))]
    special = [AGAIN[part] for part in parts if part in AGAIN]
    name = " ".join(filter(None, (_kind(key, parts), ".".join(numbers))))
    return ", ".join((name, *special))


def _kind(key: str, parts: list[str]) -> str:
    """The kind of call; of one that this site no longer knows, its key in words."""
    for part in parts:
        if part in PLACES:
            return PLACES[part]
    if declared := step_of(key):
        return declared.label
    words = " ".join(part for part in parts if part not in AGAIN and not NUMBER.fullmatch(part))
    return words.replace("_", " ").replace("-", " ").capitalize()
