"""The tools: which operation of the API each one is, and what a client is told of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any

from mcp_types import Tool, ToolAnnotations, ToolExecution

from agentsite.mcp_server.operations import Operation, Schema, operations

MAX_WAIT_S = 3600
# Clients commonly give a call a minute.
USUAL_WAIT_S = 50
# What is told of a run in a list: a model has to read all of it.
IN_LISTS = (
    *("id", "status", "task", "pattern", "model", "answer_kind", "error", "cost_usd"),
    *("simulated", "created_at", "finished_at"),
)

SUBMIT = "submit_task"
RUN_ID = {"type": "string", "format": "uuid", "description": "The run's `id`."}
KEY = {
    "type": "string",
    "maxLength": 255,
    "description": "Send the same key again, and the same run is told: nothing is bought twice.",
}


def _wait(usual: int) -> Schema:
    return {
        "type": "integer",
        "minimum": 0,
        "maximum": MAX_WAIT_S,
        "default": usual,
        "description": "Seconds to wait for the end. The run goes on when they are over.",
    }


@dataclass(frozen=True, slots=True)
class SiteTool:
    """A tool, and the operation behind it. `own` are the arguments that the operation hasn't.

    Of a run, `told` are the fields that every answer has; a list shows no more than these.
    """

    name: str
    title: str
    operation: str
    description: str
    own: Mapping[str, Schema] = field(default_factory=dict)
    told: tuple[str, ...] = ()
    lists: bool = False
    reads: bool = True
    destroys: bool = False
    repeatable: bool = True

    @property
    def annotations(self) -> ToolAnnotations:
        """What a client may want to know before it lets a model call it."""
        return ToolAnnotations(
            read_only_hint=self.reads,
            destructive_hint=self.destroys,
            idempotent_hint=self.repeatable,
            open_world_hint=self.name == SUBMIT,
        )


ALL = (
    SiteTool(
        name=SUBMIT,
        title="Submit a task",
        operation="runs_create",
        description=(
            "Have an agent of this site work on a task. It costs money, within the budgets and "
            "`max_cost_usd`. Waits for the end and answers with the run, its answer and its cost; "
            "when the time is up, the run goes on, and get_run tells the rest. Only `task` is "
            "required."
        ),
        own={"idempotency_key": KEY, "wait": _wait(USUAL_WAIT_S)},
        told=("id", "status", "links"),
        reads=False,
        repeatable=False,
    ),
    SiteTool(
        name="get_run",
        title="Read a run",
        operation="runs_retrieve",
        description=(
            "One of your runs: its status, answer, usage and cost. With `wait` it is told once the "
            "run has ended, or waits for a person, or the time is up."
        ),
        own={"run_id": RUN_ID, "wait": _wait(0)},
        told=("id", "status", "links"),
    ),
    SiteTool(
        name="list_runs",
        title="List runs",
        operation="runs_list",
        description="Your runs, newest first, each in short. get_run tells all of one.",
        told=IN_LISTS,
        lists=True,
    ),
    SiteTool(
        name="cancel_run",
        title="Cancel a run",
        operation="runs_cancel",
        description="Ask for the end of one of your runs. What it has used by then is charged.",
        own={"run_id": RUN_ID},
        told=("id", "status", "links"),
        reads=False,
        destroys=True,
    ),
    SiteTool(
        name="estimate",
        title="Estimate a task",
        operation="estimate",
        description=(
            "What a task would cost, and how many calls it would make. Takes what submit_task "
            "takes. Nothing runs, and nothing is charged."
        ),
    ),
    SiteTool(
        name="get_budgets",
        title="Read budgets",
        operation="budgets_list",
        description="What limits your spending, and how much of each budget is left.",
        lists=True,
    ),
)
TOOLS = {tool.name: tool for tool in ALL}


@cache
def offered() -> Mapping[str, Operation]:
    """The operation of each tool, by the tool's name."""
    found = operations({tool.operation for tool in ALL})
    return MappingProxyType({tool.name: found[tool.operation] for tool in ALL})


@cache
def described() -> tuple[Tool, ...]:
    """The tools as clients are told of them."""
    return tuple(_described(tool, offered()[tool.name]) for tool in ALL)


def _described(tool: SiteTool, operation: Operation) -> Tool:
    support: Any = ToolExecution(task_support="optional") if tool.name == SUBMIT else None
    return Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=_input(tool, operation),
        output_schema=_output(tool, operation),
        annotations=tool.annotations,
        execution=support,
    )


def _input(tool: SiteTool, operation: Operation) -> Schema:
    required = [*operation.body.get("required", ())]
    if "run_id" in tool.own:
        required.append("run_id")
    schema = {
        "type": "object",
        "properties": {**operation.properties, **tool.own},
        "required": required,
        "additionalProperties": False,
    }
    return operation.closed(schema)


def _output(tool: SiteTool, operation: Operation) -> Schema:
    answer = operation.answer
    if not tool.lists:
        return operation.closed({**answer, "required": list(tool.told or answer["required"])})
    row = answer["properties"]["results"]["items"]
    if tool.told:
        run = operation.components[row["$ref"].rpartition("/")[2]]
        shown = {name: run["properties"][name] for name in tool.told}
        row = {"type": "object", "properties": shown, "required": list(tool.told)}
    schema = {
        "type": "object",
        "properties": {
            "results": {"type": "array", "items": row},
            "next_cursor": {"type": ["string", "null"], "description": "For `cursor`; null: all."},
        },
        "required": ["results", "next_cursor"],
    }
    return operation.closed(schema)
