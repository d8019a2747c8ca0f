"""Goals that are checked exactly, without a model: counts of words, terms in quotes, JSON.

A goal counts as one of these only as a whole; whatever says more is left to the evaluator.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from runs.engine.model_json import Unreadable, read_json

_SUBJECT = r"(?:the (?:answer|result|text|output) )?(?:(?:must|should) )?"
_IS = r"(?:(?:is|be|has|have|stays?|uses?|keep to|keeps to) )?"
_COUNTS = (
    (r"(?:at most|no more than|not more than|up to|a maximum of) (\d{1,6})", 0, 0),
    (r"(?:under|below|fewer than|less than) (\d{1,6})", 0, -1),
    (r"(?:at least|no fewer than|no less than|a minimum of) (\d{1,6})", 1, 0),
    (r"(?:over|more than) (\d{1,6})", 1, 1),
)
_BETWEEN = re.compile(
    rf"{_SUBJECT}{_IS}(?:between )?(\d{{1,6}}) (?:to|and) (\d{{1,6}}) words", re.I
)
_EXACTLY = re.compile(rf"{_SUBJECT}{_IS}exactly (\d{{1,6}}) words?", re.I)
_QUOTED = r"[\"“]([^\"“”]{1,200})[\"”]"
_WITH = re.compile(
    rf"{_SUBJECT}(?:contains?|includes?|mentions?|uses?) (?:the (?:word|term|phrase) )?{_QUOTED}",
    re.I,
)
_WITHOUT = re.compile(
    rf"{_SUBJECT}(?:(?:does not|doesn't|do not|don't|not|never) (?:contain|include|mention|use)s?"
    rf"|avoids?|without) (?:the (?:word|term|phrase) )?{_QUOTED}",
    re.I,
)
_JSON = re.compile(rf"{_SUBJECT}{_IS}(?:valid|regular|well-formed) json", re.I)
_ENDLESS = 10**9


@dataclass(frozen=True, slots=True)
class Judged:
    """Whether a criterion is met, and what shows it."""

    name: str
    met: bool
    evidence: str


Check = Callable[[str], Judged]


def checks(goals: Iterable[str]) -> dict[str, Check]:
    """The goals that can be checked exactly, each with its check."""
    found = {goal: _check(goal) for goal in goals}
    return {goal: check for goal, check in found.items() if check}


def _check(goal: str) -> Check | None:
    wish = " ".join(goal.split()).rstrip(".").replace("’", "'")
    if bounds := _bounds(wish):
        return partial(_words, goal, *bounds)
    if found := _WITH.fullmatch(wish):
        return partial(_term, goal, found[1], True)
    if found := _WITHOUT.fullmatch(wish):
        return partial(_term, goal, found[1], False)
    return partial(_json, goal) if _JSON.fullmatch(wish) else None


def _bounds(wish: str) -> tuple[int, int] | None:
    """The least and most words that a goal allows; None when it is about something else."""
    if found := _BETWEEN.fullmatch(wish):
        return int(found[1]), int(found[2])
    if found := _EXACTLY.fullmatch(wish):
        return int(found[1]), int(found[1])
    for words, is_least, offset in _COUNTS:
        if found := re.fullmatch(rf"{_SUBJECT}{_IS}{words} words?", wish, re.I):
            limit = int(found[1]) + offset
            return (limit, _ENDLESS) if is_least else (0, limit)
    return None


def _words(goal: str, least: int, most: int, text: str) -> Judged:
    count = sum(any(map(str.isalnum, word)) for word in text.split())
    return Judged(goal, least <= count <= most, f"It has {count} word{'' if count == 1 else 's'}.")


def _term(goal: str, term: str, wanted: bool, text: str) -> Judged:
    pattern = rf"(?<!\w){re.escape(term.strip())}(?!\w)"
    there = re.search(pattern, text, re.IGNORECASE) is not None
    said = f"“{term}” is in it." if there else f"“{term}” is not in it."
    return Judged(goal, there == wanted, said)


def _json(goal: str, text: str) -> Judged:
    try:
        read_json(text)
    except Unreadable as error:
        return Judged(goal, False, f"It is not JSON: {str(error)[:200]}")
    return Judged(goal, True, "It is JSON.")
