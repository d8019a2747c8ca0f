"""Planned tool calls: read from what a model wrote, and checked before any is run."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from runs.engine.model_json import Unreadable, read_json
from runs.engine.plans import graph
from runs.engine.plans.references import referenced
from runs.engine.ports import ToolBox
from runs.engine.shapes import TEXT, listed, shape
from runs.engine.tools.tool import Outcome

MAX_FAULTS = 8
# Of an id as references can name it.
MAX_ID_CHARS = 20
MAX_ARGUMENTS_CHARS = 4000
ID_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


@dataclass(frozen=True, slots=True)
class Task:
    """One planned call. `arguments` may refer to the results of other tasks."""

    id: str
    tool: str
    arguments: str
    purpose: str
    depends_on: tuple[str, ...] = ()

    @property
    def value(self) -> Any:
        """The arguments as they are planned; a text where they are no JSON."""
        try:
            return read_json(self.arguments or "{}")
        except Unreadable:
            return self.arguments

    @property
    def needs(self) -> set[str]:
        """The tasks whose results it waits for: those it names, and those it refers to."""
        return {*self.depends_on, *referenced(self.value)}


def read_task(written: dict[str, Any]) -> Task:
    """A task of an object that fits the plan's schema."""
    return Task(
        id=written["id"],
        tool=written["tool"],
        arguments=written["arguments_json"],
        purpose=written["purpose"],
        depends_on=tuple(written.get("depends_on", ())),
    )


def plan_schema(title: str, tools: Sequence[str], *, depends_on: bool) -> dict[str, Any]:
    """The schema of a plan of calls to these tools."""
    properties: dict[str, Any] = {
        "id": TEXT,
        "purpose": TEXT,
        "tool": {"type": "string", "enum": list(tools)},
        "arguments_json": TEXT,
    }
    if depends_on:
        properties["depends_on"] = listed(TEXT)
    return {"title": title, **shape(tasks=listed(shape(**properties)))}


def read_plan(written: dict[str, Any]) -> list[Task]:
    """The tasks of a plan that fits its schema."""
    return [read_task(one) for one in written["tasks"]]


def shown(tasks: Sequence[Task], keys: Sequence[str]) -> list[dict[str, Any]]:
    """A plan as the items of an artifact; each is done when the step with its key is."""
    return [
        {
            "id": task.id,
            "title": task.purpose,
            "note": task.tool,
            "needs": sorted(task.needs),
            "key": key,
        }
        for task, key in zip(tasks, keys, strict=True)
    ]


def faults(
    tasks: Sequence[Task],
    most: int,
    check: Callable[[Task], str],
    known: Collection[str] = (),
) -> list[str]:
    """What is wrong with a plan, in words for the model; `known` are ids of earlier results.

    `check` says what is wrong with one task by itself.
    """
    if len(tasks) > most:
        return [f"The plan has {len(tasks)} tasks; at most {most} are allowed."]
    found = [fault for task in tasks if (fault := id_fault(task) or check(task))]
    ids = [task.id for task in tasks]
    found += [f"The id {one} is used twice." for one in graph.repeated([*known, *ids])]
    if not found:
        found = graph.faults({task.id: task.needs - {*known} for task in tasks})
    return found[:MAX_FAULTS]


def call_fault(task: Task, box: ToolBox) -> str:
    """What is wrong with a tool call before its references are filled in; empty when nothing is."""
    if len(task.arguments) > MAX_ARGUMENTS_CHARS:
        return f"{task.id}: arguments_json is longer than {MAX_ARGUMENTS_CHARS} characters."
    if not isinstance(task.value, dict):
        return f"{task.id}: arguments_json is not the text of a JSON object."
    if referenced(task.value):
        return "" if box.get(task.tool) else f"{task.id}: there is no tool “{task.tool}”."
    checked = box.check(task.tool, task.arguments)
    return f"{task.id}: {checked.text}" if isinstance(checked, Outcome) else ""


def id_fault(task: Task) -> str:
    """What is wrong with a task's id; empty when nothing is."""
    if 0 < len(task.id) <= MAX_ID_CHARS and ID_CHARACTERS.issuperset(task.id):
        return ""
    return f"“{task.id[:MAX_ID_CHARS]}” is no id: use a letter and a number."
