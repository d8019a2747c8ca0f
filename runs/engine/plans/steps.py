"""A plan of steps as a model wrote it: what is wrong with it, and the steps by their numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from runs.engine.plans import graph

MERGED_CHARS = 8_000
TITLE_CHARS = 120


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step. Its number is its place in the plan; `needs` are the numbers of others."""

    number: str
    title: str
    instruction: str
    done_when: str
    needs: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """As it stands in an outline of the plan."""
        after = f" (needs {', '.join(self.needs)})" if self.needs else ""
        return f"{self.number}. {self.title}{after}"


def faults(steps: Sequence[Mapping[str, Any]], most: int, known: Sequence[str] = ()) -> list[str]:
    """What is wrong with a plan, in words for the model. `known` are ids of earlier steps."""
    ids = [step["id"] for step in steps]
    if not ids:
        return ["The plan has no steps."]
    found = [f"It has {len(ids)} steps: at most {most} are allowed."] if len(ids) > most else []
    if twice := graph.repeated([*known, *ids]):
        return [*found, f"These ids are used more than once: {', '.join(twice[:10])}."]
    needs = {step["id"]: step["depends_on"] for step in steps} | {one: () for one in known}
    return found + graph.faults(needs)


def numbered(
    steps: Sequence[Mapping[str, Any]], most: int, known: Sequence[str] = (), first: int = 1
) -> list[PlannedStep]:
    """The steps of a plan, at most so many, with numbers from the first on.

    They may need earlier steps whose numbers are known. Those over the limit become part of the
    last one. Where ids are repeated, unknown or in a circle, each step needs all before it.
    """
    places = {step["id"]: min(place, most - 1) for place, step in enumerate(steps)}
    numbers = [str(first + place) for place in range(min(len(steps), most))]
    found = [_step(number, step) for number, step in zip(numbers, steps, strict=False)]
    found[-1] = _with_tail(found[-1], steps[most:])
    if graph.repeated([*known, *(step["id"] for step in steps)]):
        return _in_list_order(found)
    needs: dict[str, set[str]] = {number: set() for number in (*known, *numbers)}
    for step in steps:
        number = numbers[places[step["id"]]]
        for needed in step["depends_on"]:
            named = numbers[places[needed]] if needed in places else needed
            # Steps that became one need each other no more.
            if named != number or step["id"] == needed:
                needs[number].add(named)
    if graph.faults(needs):
        return _in_list_order(found)
    return [replace(step, needs=tuple(sorted(needs[step.number], key=int))) for step in found]


def _step(number: str, step: Mapping[str, Any]) -> PlannedStep:
    title = " ".join((step["title"] or step["instruction"]).split())[:TITLE_CHARS]
    return PlannedStep(number, title, step["instruction"], step["done_when"])


def _with_tail(last: PlannedStep, tail: Sequence[Mapping[str, Any]]) -> PlannedStep:
    if not tail:
        return last
    more = [f"{step['title']}: {step['instruction']}" for step in tail]
    instruction = "\n".join([last.instruction, *more])[:MERGED_CHARS]
    return replace(last, instruction=instruction, done_when=tail[-1]["done_when"])


def _in_list_order(steps: list[PlannedStep]) -> list[PlannedStep]:
    numbers = [step.number for step in steps]
    return [replace(step, needs=tuple(numbers[:place])) for place, step in enumerate(steps)]
