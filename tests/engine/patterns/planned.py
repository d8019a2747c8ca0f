"""Plans of tool calls as a scripted provider writes them, and tools to plan with."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from runs.engine.tools.tool import Tool, ToolContext, ToolError
from tests.engine.scripted import Body, Say

Work = Callable[[dict[str, Any], ToolContext], Awaitable[str]]
TEXT = {"type": "string"}


def task(id: str, tool: str = "calculator", /, *depends_on: str, **arguments: Any) -> Body:
    """A task of a plan."""
    return {
        "id": id,
        "purpose": f"To know {id}",
        "tool": tool,
        "arguments_json": orjson.dumps(arguments).decode(),
        "depends_on": list(depends_on),
    }


def step(id: str, tool: str = "calculator", /, **arguments: Any) -> Body:
    """A step of a plan without declared needs."""
    return {
        name: value for name, value in task(id, tool, **arguments).items() if name != "depends_on"
    }


def plan(*tasks: Body) -> Say:
    return Say(orjson.dumps({"tasks": tasks}).decode())


def asked(body: Body) -> str:
    """The user's message of a request."""
    return str(body["messages"][1]["content"])


def system(body: Body) -> str:
    return str(body["messages"][0]["content"])


def tool(name: str, run: Work, **properties: Any) -> Tool:
    """A read tool for tests; it takes a text unless told otherwise."""
    properties = properties or {"text": TEXT}
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return Tool(name, name, f"The tool {name}.", schema, run)


class Slow:
    """A tool that takes a tenth of a second and knows how often it ran side by side."""

    def __init__(self) -> None:
        self.running = self.peak = 0

    async def __call__(self, arguments: dict[str, Any], context: ToolContext) -> str:
        self.running += 1
        self.peak = max(self.peak, self.running)
        await asyncio.sleep(0.1)
        self.running -= 1
        return f"slowly {arguments.get('text', '')}"


async def echo(arguments: dict[str, Any], context: ToolContext) -> str:
    """Gives back what it was given."""
    return str(arguments.get("text", ""))


async def broken(arguments: dict[str, Any], context: ToolContext) -> str:
    """Never works."""
    raise ToolError("The line is dead.")
