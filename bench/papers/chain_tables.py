"""Tables of the look-ups: what they come to, who wins from where, and what the papers have."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from bench.papers import published
from bench.papers.chains import SIDES, Counted, Measure, chain, polynomial, wins_from

SHOWN = (1, 2, 4, 8)
Rows = list[tuple[str, ...]]


class Shape(NamedTuple):
    """How the look-ups hang together, and whether they work."""

    dependent: bool
    fails: bool


INDEPENDENT, DEPENDENT = Shape(False, False), Shape(True, False)
SHAPES = {"independent": INDEPENDENT, "dependent": DEPENDENT}
Played = Mapping[tuple[Shape, str], Sequence[Counted]]

MEASURES: dict[str, Measure] = {
    "tokens": lambda one: one.bill.tokens,
    "money": lambda one: one.bill.dollars,
    "money, OpenAI's cache": lambda one: one.bill.dollars_cached,
    "money, all repeated cached": lambda one: one.bill.dollars_repeated,
    "time": lambda one: one.seconds,
}
PAIRS = (
    ("rewoo", "react"),
    ("rewoo", "parallel"),
    ("compiler", "react"),
    ("compiler", "parallel"),
    ("compiler", "rewoo"),
)


def play_all(ks: Iterable[int]) -> Played:
    """Every pattern on every shape, for each k."""
    ks = [*ks]
    shapes = [Shape(dependent, fails) for dependent in (False, True) for fails in (False, True)]
    return {
        (shape, side): chain(side, ks, dependent=shape.dependent, fails=shape.fails)
        for shape in shapes
        for side in SIDES
    }


def all_of(played: Played) -> dict[str, Rows]:
    """The tables by their titles."""
    return {
        "independent look-ups": _counts(played, INDEPENDENT),
        "Dependent look-ups": _counts(played, DEPENDENT),
        "From which k on it needs less": _wins(played),
        "Input tokens as ReWOO's equations 1 and 2 have them": _equations(played),
        "ReWOO's table 2: tokens of ReAct for one of ReWOO": _rewoo(played),
        "ReWOO's table 3: tokens when all tools fail, against when all work": _failing(played),
        "LLMCompiler's tables 1 and 2": _compiler(played),
    }


def _counts(played: Played, shape: Shape) -> Rows:
    head = ("k", "pattern", "calls", "input", "repeated", "output", "m$", "m$ OpenAI's cache")
    rows: Rows = [(*head, "m$ all repeated cached", "seconds")]
    for k in SHOWN:
        rows += [
            (f"{k}", side.name, *_figures(played[shape, key][k - 1])) for key, side in SIDES.items()
        ]
    return rows


def _figures(one: Counted) -> tuple[str, ...]:
    bill = one.bill
    money = (bill.dollars, bill.dollars_cached, bill.dollars_repeated)
    share = bill.repeated / bill.input
    return (
        f"{bill.calls}",
        f"{bill.input:,}",
        f"{share:.0%}",
        f"{bill.output:,}",
        *(f"{1000 * dollars:.2f}" for dollars in money),
        f"{one.seconds:.2f}",
    )


def _wins(played: Played) -> Rows:
    rows: Rows = [("look-ups", "pattern", "against", *MEASURES)]
    for name, shape in SHAPES.items():
        for one, other in PAIRS:
            sides = played[shape, one], played[shape, other]
            firsts = (wins_from(*sides, measure) for measure in MEASURES.values())
            shown = (f"{first}" if first else "never" for first in firsts)
            rows.append((name, SIDES[one].name, SIDES[other].name, *shown))
    return rows


def _equations(played: Played) -> Rows:
    rows: Rows = [("look-ups", "pattern", "a + bk + ck(k+1)/2, to the token for k = 1 … 8")]
    for name, shape in SHAPES.items():
        for key, side in SIDES.items():
            fit = polynomial([one.bill.input for one in played[shape, key]])
            rows.append((name, side.name, _told(*fit) if fit else "none: it goes in steps of 4"))
    return rows


def _told(a: int, b: int, c: int) -> str:
    return f"{a} + {b}k" + (f" + {c}k(k+1)/2" if c else "")


def _rewoo(played: Played) -> Rows:
    rows: Rows = [("whose", "what", "ReAct", "ReWOO", "ratio")]
    for one in published.REWOO:
        ratio = one.react / one.rewoo
        rows.append(("paper", one.task, f"{one.react:,}", f"{one.rewoo:,}", f"{ratio:.1f}"))
    for k in SHOWN:
        react, rewoo = (played[DEPENDENT, side][k - 1].bill.tokens for side in ("react", "rewoo"))
        ratio = react / rewoo
        rows.append(("ours", f"{k} dependent", f"{react:,}", f"{rewoo:,}", f"{ratio:.1f}"))
    return rows


def _failing(played: Played) -> Rows:
    rows: Rows = [("whose", "what", *(side.name for side in SIDES.values()))]
    paper = (f"{published.FAILING_REACT:+}", "–", f"{published.FAILING_REWOO:+}", "–")
    rows.append(("paper", "HotpotQA", *paper))
    for name, shape in SHAPES.items():
        failing = Shape(shape.dependent, True)
        for k in SHOWN:
            shown = (_change(played[shape, s][k - 1], played[failing, s][k - 1]) for s in SIDES)
            rows.append(("ours", f"{k} {name}", *shown))
    return rows


def _change(works: Counted, fails: Counted) -> str:
    more = fails.bill.tokens - works.bill.tokens
    return f"{more:+,} ({works.bill.calls} → {fails.bill.calls} calls)"


def _compiler(played: Played) -> Rows:
    head = ("whose", "what", "seconds", "ReAct's ×", "parallel's ×")
    rows: Rows = [(*head, "input tokens", "ReAct's ×", "parallel's ×")]
    for one in published.LLM_COMPILER:
        shown = _ratios(one.input_tokens, ",") if one.input_tokens else ("–",) * 3
        rows.append(("paper", one.task, *_ratios(one.seconds, ".1f"), *shown))
    best = (f"{published.MOST_FASTER}", "–", "–", f"{published.MOST_CHEAPER} (cost)", "–")
    rows.append(("paper", "at most", "–", *best))
    for name, shape in SHAPES.items():
        for k in SHOWN:
            ours = [played[shape, side][k - 1] for side in ("react", "parallel", "compiler")]
            seconds = _ratios([one.seconds for one in ours], ".2f")
            inputs = _ratios([one.bill.input for one in ours], ",")
            rows.append(("ours", f"{k} {name}", *seconds, *inputs))
    return rows


def _ratios(figures: Sequence[float], form: str) -> tuple[str, str, str]:
    """The last one, and how many times it the others are."""
    react, parallel, own = figures
    return f"{own:{form}}", f"{react / own:.2f}", f"{parallel / own:.2f}"
