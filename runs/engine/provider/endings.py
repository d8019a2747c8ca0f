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
    "language": "content_filter",
    "recitation": "content_filter",
    "spii": "content_filter",
    "sensitive": "content_filter",
    "eviction": "error",
}
# In this order: the first that is found in the word.
SIGNS: tuple[tuple[re.Pattern[str], Ending], ...] = (
    # `function_call_filter: MALFORMED_FUNCTION_CALL` is Gemini's: another attempt may do better.
    (re.compile(r"malformed|unexpected|missing|too_many_tool"), "error"),
    (
        re.compile(r"filter|safety|prohibit|block|refus|policy|moderat|guardrail|toxic|risk"),
        "content_filter",
    ),
    (
        re.compile(
            r"error|fail|abort|cancel|time_?out|overload|resource|unavailable|interrupt|progress"
            r"|exception|disconnect|exhaust|rate_?limit|shutdown|preempt|memory|internal|insufficient"
        ),
        "error",
    ),
    (
        re.compile(r"length|max.*token|output|limit|truncat|context_window|full|repetition|exceed"),
        "length",
    ),
)
# Words for having none.
NONE = re.compile(r"null|none|(finish_reason_)?unspecified", re.IGNORECASE)


def last_word(given: object) -> str:
    """The word for the end in what stands at its place; empty where that is none yet."""
    word = str(given or "")
    return "" if NONE.fullmatch(word) else word


def ending_of(word: str) -> Ending:
    """What came of an answer that ended with this word; one that tells nothing is a good end."""
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])|[^a-zA-Z]+", "_", word).lower()
    plain = plain.removeprefix("finish_reason_").strip("_")
    if known := KNOWN.get(plain):
        return known
    return next((ending for sign, ending in SIGNS if sign.search(plain)), "end")
