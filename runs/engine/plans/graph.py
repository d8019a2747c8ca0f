"""Which tasks of a plan need which: what is wrong with that, and an order that respects it."""

from collections.abc import Collection, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

Needs = Mapping[str, Collection[str]]


def faults(needs: Needs) -> list[str]:
    """What is wrong, in words for the model: unknown ids, and a circle."""
    found = [
        f"{task} needs {needed}, which is no task of the plan."
        for task, ids in needs.items()
        for needed in sorted(set(ids) - needs.keys())
    ]
    if not found and (circle := _circle(needs)):
        found.append(f"These tasks need each other in a circle: {', '.join(circle)}.")
    return found


def repeated(ids: Sequence[str]) -> list[str]:
    """The ids that stand there more than once, in their order."""
    found: list[str] = []
    seen: set[str] = set()
    for one in ids:
        if one in seen:
            found.append(one)
        seen.add(one)
    return found


def behind(task: str, needs: Needs) -> set[str]:
    """All tasks that this one needs, directly or through others."""
    found: set[str] = set()
    open_ = [task]
    while open_:
        new = set(needs[open_.pop()]) - found
        found |= new
        open_ += new
    return found


def _circle(needs: Needs) -> Sequence[str]:
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        return list(error.args[1])
    return ()
