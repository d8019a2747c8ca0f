"""Running one planned tool call, and what it brought as evidence for a reader."""

from collections.abc import Iterable, Mapping, Sequence

import orjson

from runs.engine.context import Context
from runs.engine.plans.references import NoSuchPart, filled
from runs.engine.plans.tasks import Task
from runs.engine.ports import ToolBox
from runs.engine.tools.tool import Outcome, shortened
from runs.engine.types import ToolCall

# Results that are put into arguments can make them long.
MAX_FILLED_CHARS = 100_000


def results_of(outcomes: Mapping[str, Outcome]) -> dict[str, str]:
    """What references lead to: the texts of what worked."""
    return {id: outcome.text for id, outcome in outcomes.items() if outcome.ok}


async def carry_out(
    ctx: Context, position: str, task: Task, outcomes: Mapping[str, Outcome]
) -> Outcome:
    """Run a planned call with its references filled in. What goes wrong is its outcome."""
    if missing := blocked(task, outcomes):
        return missing
    try:
        arguments = _fitting(ctx.tools.box, task, results_of(outcomes))
    except NoSuchPart as error:
        return Outcome(str(error), "no_part")
    if len(arguments) > MAX_FILLED_CHARS:
        return Outcome("Its arguments, filled in, are too long.", "bad_arguments")
    return await ctx.use(position, ToolCall(task.id, task.tool, arguments))


def blocked(task: Task, outcomes: Mapping[str, Outcome]) -> Outcome | None:
    """The outcome of a task that needs a result which there isn't."""
    missing = sorted(id for id in task.needs if id not in outcomes or not outcomes[id].ok)
    if not missing:
        return None
    return Outcome(f"Not run: it needs {', '.join(missing)}, without a result.", "blocked")


def evidence(task: Task, outcome: Outcome, most: int) -> str:
    """A call and what it brought, marked off as data."""
    text = shortened(outcome.text, most)
    said = text if outcome.ok else f"none: {text}"
    return (
        f'<evidence id="{task.id}" for="{_plain(task.purpose)}">\n'
        f"{task.tool}({task.arguments})\n{said}\n</evidence>"
    )


def gathered(tasks: Iterable[Task], outcomes: Mapping[str, Outcome], most: int) -> str:
    """What these tasks brought as far as they have ended, in their order; empty when none has."""
    return "\n\n".join(
        evidence(task, outcomes[task.id], most) for task in tasks if task.id in outcomes
    )


def described(box: ToolBox, names: Sequence[str] = ()) -> str:
    """The tools for a planner: name, what it does, and the schema of its arguments, a line each."""
    lines = []
    for spec in box.specs():
        function = spec["function"]
        schema = orjson.dumps(function["parameters"]).decode()
        lines.append(f"- {function['name']}: {function['description']}\n  arguments: {schema}")
    return "\n".join([*lines, *names])


def _fitting(box: ToolBox, task: Task, results: Mapping[str, str]) -> str:
    """The arguments with results in them as text, or as JSON values where only these fit."""
    as_text = orjson.dumps(filled(task.value, results)).decode()
    if not isinstance(box.check(task.tool, as_text), Outcome):
        return as_text
    typed = orjson.dumps(filled(task.value, results, typed=True)).decode()
    return as_text if isinstance(box.check(task.tool, typed), Outcome) else typed


def _plain(purpose: str) -> str:
    return " ".join(purpose.split()).replace('"', "'")
