"""How complex a task is, by written rules that take well under a millisecond.

What is looked at is the same in every language: length, code, marks, figures, the pattern's calls.
Only the words that ask for reasoning are those of some languages. Each sign is worth points.
"""

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

from runs.auto.words import PHRASES, STEMS_BY_LENGTH

Level = Literal["simple", "complex"]

COMPLEX_FROM = 3
# Of a longer text, its beginning and its end are read: what is asked stands there.
READ_START, READ_END = 900, 300

# What `_grade` gives: one point from the first figure on, two from the second.
LONG = (800, 3_000)
QUESTIONS = (2, 4)
PARTS = (3, 8)
NUMBERS = (3, 10)
CALLS = (4, 10)
GOALS = (1, 3)

WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
WORD = re.compile(r"\w+")
NUMBER = re.compile(r"(?<!\w)\d[\d.,'’]*")
FORMULA = re.compile(r"[=≠≈≤≥∑∏∫√∂∞^±×÷]|\d ?[-+*/%−] ?\d")
# In an address, what follows the mark goes on.
QUESTION = re.compile(r"\?(?![\w?&=])|[？؟\u037e՞፧]")
PART = re.compile(r"^(?:[-*•–] \S|\d{1,2}[.)] \S|\d{1,2}、)", re.MULTILINE)
# A fence or a failure is enough; of lines that look like code, two.
SURELY_CODE = re.compile(r"^(?:```|~~~)|Traceback|\w(?:Error|Exception):", re.MULTILINE)
CODE_LINE = re.compile(
    r"^(?:def|class|import|from|function|const|let|var|public|private|func|fn|return|for|if"
    r"|#include|package|SELECT|FROM|WHERE|INSERT|UPDATE)\b.*[({:;=<*]"
    r"|^.*(?:[;{}]$|=> ?[({\w]|</\w)",
    re.MULTILINE,
)


class Sign(NamedTuple):
    """Something that speaks for a complex task, and how much it weighs."""

    words: str
    points: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What the rules look at. `calls` are the usual ones of the pattern with its parameters."""

    task: str
    instructions: str = ""
    goals: int = 0
    calls: int = 1


@dataclass(frozen=True, slots=True)
class Complexity:
    """The signs that a task shows."""

    signs: tuple[Sign, ...]

    @property
    def points(self) -> int:
        """What they weigh together."""
        return sum(sign.points for sign in self.signs)

    @property
    def level(self) -> Level:
        """Complex from `COMPLEX_FROM` points on."""
        return "complex" if self.points >= COMPLEX_FROM else "simple"

    @property
    def sentence(self) -> str:
        """Why, for people."""
        said = _listed([sign.words for sign in self.signs])
        if self.level == "complex":
            return f"A complex task, by {said}."
        return f"A simple task, in spite of {said}." if said else "A simple task: short and plain."


def complexity(asked: Asked) -> Complexity:
    """Read a task once and count what speaks for a complex one."""
    text = _read(asked.task)
    size = len(asked.task) + len(asked.instructions) + 2 * len(WIDE.findall(text))
    found = (
        Sign("its length", _grade(size, LONG)),
        Sign("code", 2 if _has_code(text) else 0),
        Sign("several questions", _grade(len(QUESTION.findall(text)), QUESTIONS)),
        Sign("several parts", _grade(len(PART.findall(text)), PARTS)),
        Sign("several numbers", _grade(len(NUMBER.findall(text)), NUMBERS)),
        Sign("a formula", 1 if FORMULA.search(text) else 0),
        _reasoning(text.casefold()),
        Sign(f"its pattern (about {asked.calls} calls)", _grade(asked.calls, CALLS)),
        Sign("its goals", _grade(asked.goals, GOALS)),
    )
    return Complexity(tuple(sign for sign in found if sign.points))


def _grade(count: int, steps: tuple[int, int]) -> int:
    return sum(count >= step for step in steps)


def _read(text: str) -> str:
    """What is read of a text: its lines, without blanks at their ends and double ones."""
    if len(text) > READ_START + READ_END:
        text = f"{text[:READ_START]}\n{text[-READ_END:]}"
    return "\n".join(" ".join(words) for line in text.splitlines() if (words := line.split()))


def _has_code(text: str) -> bool:
    return bool(SURELY_CODE.search(text)) or len(CODE_LINE.findall(text)) >= 2


def _reasoning(text: str) -> Sign:
    """Words that ask for it: one weighs two points, several three."""
    words = set(WORD.findall(text))
    found = {phrase for phrase in PHRASES if phrase in text}
    for length, stems in STEMS_BY_LENGTH.items():
        found |= stems & {word[:length] for word in words}
    return Sign("words that ask for reasoning", min(3, len(found) + 1) if found else 0)


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
