"""What an endpoint's word for the end of an answer means."""

import re
from typing import Literal

Ending = Literal["end", "length", "content_filter", "error"]

# Words that don't tell by themselves; the others are told by what they contain.
KNOWN: dict[str, Ending] = {
    "stop": "end",
    "stop_sequence": "end",
    "end_turn": "end",
    "eos": "end",
    "eos_token": "end",
    "tool_calls": "end",
    "tool_use": "end",
    "function_call": "end",
    "incomplete": "length",
    "recitation": "content_filter",
    "spii": "content_filter",
    "sensitive": "content_filter",
    "cancelled": "error",
    "canceled": "error",
    "malformed_function_call": "error",
    "unexpected_tool_call": "error",
    "insufficient_system_resource": "error",
    "eviction": "error",
}
# In this order: the first that is found in the word.
SIGNS: tuple[tuple[re.Pattern[str], Ending], ...] = (
    (re.compile(r"filter|safety|prohibit|block|refus|policy|moderat|guardrail"), "content_filter"),
    (re.compile(r"length|max.*token|token.*limit|truncat|context_window"), "length"),
    (re.compile(r"error|fail|abort|time_?out|overload|resource|unavailable|interrupt"), "error"),
)


def ending_of(word: str) -> Ending:
    """What came of an answer that ended with this word; one that tells nothing is a good end."""
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])|[^a-zA-Z]+", "_", word).lower()
    plain = plain.removeprefix("finish_reason_").strip("_")
    if known := KNOWN.get(plain):
        return known
    return next((ending for sign, ending in SIGNS if sign.search(plain)), "end")
