"""Tables of LATS, Self-Discovery and STORM, and of plans that know what money is left."""

from statistics import mean

from bench.papers.halves import PLAYED, SIZES, as_planned, halved
from bench.papers.others import (
    lats,
    lats_calls,
    reused_structure,
    self_discovery,
    storm,
    writing_s,
)

Rows = list[tuple[str, ...]]

# Iterations, depth, candidates.
SEARCHES = ((4, 5, 3), (10, 5, 1), (10, 2, 2), (10, 5, 3), (10, 5, 6))
TASKS = (1, 10, 100)
SECTIONS = (1, 2, 5, 10)
# Self-Discover (arXiv 2402.03620): three calls find a structure for a kind of task, one fills it.
PAPER_ONCE, PAPER_EACH = 3, 1


def all_of() -> dict[str, Rows]:
    """The tables by their titles."""
    return {
        "LATS: calls of a search that never finds enough": _lats(),
        "Self-Discovery: calls for 1, 10 and 100 tasks of one kind": _self_discovery(),
        "STORM: time by sections": _storm(),
        "Half the money: runs that end as planned, told what is left and not told": _halves(),
    }


def _lats() -> Rows:
    head = ("iterations n", "depth d", "candidates k", "scored", "calls", "by the formula")
    rows: Rows = [(*head, "samples and values of the paper's, 2nk", "ended")]
    for n, depth, k in SEARCHES:
        for at_once in (True, False):
            played = lats(n, depth, k, at_once=at_once)
            figures = (len(played.calls), lats_calls(n, depth, k, at_once=at_once), 2 * n * k)
            shown = map(str, figures)
            scored = "at once" if at_once else "one by one"
            rows.append((f"{n}", f"{depth}", f"{k}", scored, *shown, played.result.stop_reason))
    return rows


def _self_discovery() -> Rows:
    rows: Rows = [("way", "calls a task", *(f"{tasks} in all" for tasks in TASKS))]
    paper = (f"{PAPER_ONCE + PAPER_EACH * tasks}" for tasks in TASKS)
    rows.append(("paper: the structure is found once", f"{PAPER_EACH}", *paper))
    for mode, steps in (("compact", 6), ("stepwise", 3), ("stepwise", 6)):
        calls = len(self_discovery(mode, steps).calls)
        each = (f"{calls * tasks}" for tasks in TASKS)
        rows.append((f"ours: {mode}, {steps} steps", f"{calls}", *each))
    first, *others = (len(played.calls) for played in reused_structure(6, 3))
    (further,) = set(others)
    forked = (f"{first + further * (tasks - 1)}" for tasks in TASKS)
    rows.append(("ours: compact, forked after the structure", f"{further}", *forked))
    return rows


def _storm() -> Rows:
    rows: Rows = [("sections", "calls", "seconds of the sections", "seconds in all")]
    for sections in SECTIONS:
        played = storm(sections)
        figures = (f"{writing_s(played):.2f}", f"{played.seconds:.2f}")
        rows.append((f"{sections}", f"{len(played.calls)}", *figures))
    return rows


def _halves() -> Rows:
    rows: Rows = [("pattern", "plans of", "told", "not told", "calls told", "calls not told")]
    for pattern in PLAYED:
        runs = halved(pattern)
        sides = [run.told for run in runs], [run.untold for run in runs]
        shares = (f"{sum(map(as_planned, side))} of {len(side)}" for side in sides)
        calls = (f"{mean(len(one.calls) for one in side):.1f}" for side in sides)
        rows.append((pattern, f"{SIZES[0]} to {SIZES[-1]}", *shares, *calls))
    return rows
