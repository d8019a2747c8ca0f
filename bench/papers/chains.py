"""The look-ups, played by each pattern and counted."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from bench.papers.bill import Bill, bill
from bench.papers.lookups import TASK, LookUps
from bench.papers.play import play

MOST = 8


class Side(NamedTuple):
    """A pattern as it is compared."""

    name: str
    pattern: str
    at_once: int
    params: dict[str, Any]


SIDES = {
    "react": Side("ReAct, 1 call a turn", "react", 1, {"max_calls_per_turn": 1}),
    "parallel": Side("ReAct, 4 calls a turn", "react", 4, {"max_calls_per_turn": 4}),
    "rewoo": Side("ReWOO", "rewoo", 4, {}),
    "compiler": Side("LLMCompiler", "llm_compiler", 4, {}),
}
TURNS = {"max_iterations": 25}


@dataclass(frozen=True)
class Counted:
    """What one run came to."""

    bill: Bill
    seconds: float


Measure = Callable[[Counted], float]
Chain = Sequence[Counted]


def counted(side: str, k: int, *, dependent: bool = False, fails: bool = False) -> Counted:
    """Play so many look-ups, and count."""
    one = SIDES[side]
    work = LookUps(k, dependent, fails, one.at_once)
    params = one.params | (TURNS if one.pattern == "react" else {})
    played = play(one.pattern, TASK, work.model, work.toolbox(), **params)
    return Counted(bill(played.calls), round(played.seconds, 3))


def chain(
    side: str, ks: Iterable[int], *, dependent: bool = False, fails: bool = False
) -> list[Counted]:
    """The same for each k."""
    return [counted(side, k, dependent=dependent, fails=fails) for k in ks]


def wins_from(one: Chain, other: Chain, measure: Measure) -> int | None:
    """The first k from which on one needs less than the other; None where it never does."""
    less = [measure(a) < measure(b) for a, b in zip(one, other, strict=True)]
    lost = [k for k, wins in enumerate(less, start=1) if not wins]
    first = max(lost, default=0) + 1
    return first if first <= len(less) else None


def polynomial(values: Sequence[int]) -> tuple[int, int, int] | None:
    """The a, b, c of a + bk + ck(k+1)/2 that gives all these for k = 1, 2, ... to the token.

    None where there is none.
    """
    first, second, third = values[:3]
    c = third - 2 * second + first
    b = second - first - 2 * c
    a = first - b - c
    fits = (a + b * k + c * k * (k + 1) // 2 for k in range(1, len(values) + 1))
    return (a, b, c) if [*fits] == [*values] else None
