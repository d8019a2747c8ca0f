"""The tools there are, and running one of them safely."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Any

import jsonschema

from runs.engine import plugins
from runs.engine.model_json import Unreadable, read_json
from runs.engine.tools.calculator import CALCULATOR
from runs.engine.tools.current_time import CURRENT_TIME
from runs.engine.tools.json_query import JSON_QUERY
from runs.engine.tools.marks import inert
from runs.engine.tools.mcp.declared import Declared
from runs.engine.tools.schemas import fault
from runs.engine.tools.table import TABLE
from runs.engine.tools.text import TEXT
from runs.engine.tools.tool import Outcome, Tool, ToolContext, ToolError, ToolUnanswered, shortened
from runs.engine.tools.web.fetch import HTTP_FETCH
from runs.engine.tools.web.search import WEB_SEARCH

# What is wrong with a call repeats what the model wrote.
MAX_COMPLAINT_CHARS = 500

TOOLS: dict[str, Tool] = {
    tool.name: tool
    for tool in (CALCULATOR, CURRENT_TIME, JSON_QUERY, TEXT, TABLE, WEB_SEARCH, HTTP_FETCH)
}
for source, plugin in plugins.found(plugins.TOOLS):
    if not isinstance(plugin, Tool):
        raise TypeError(f"{source} is no Tool.")
    if TOOLS.setdefault(plugin.name, plugin) is not plugin:
        raise ValueError(f"{source}: there is a tool “{plugin.name}” already.")

logger = logging.getLogger(__name__)


def offered(secrets: Mapping[str, str]) -> dict[str, Tool]:
    """The tools that work with these secrets of a site, in the order in which they are offered."""
    return {name: tool for name, tool in TOOLS.items() if tool.works_with(secrets)}


class ToolBox:
    """The tools that one run may use."""

    def __init__(
        self, names: Iterable[str], declared: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        """Those of `declared` are other servers', as JSON.

        Raises KeyError for a name that is neither there nor in `TOOLS`.
        """
        theirs = {name: Declared(**kept).tool(name) for name, kept in (declared or {}).items()}
        self._tools = {name: theirs.get(name) or TOOLS[name] for name in names}

    def specs(self) -> list[dict[str, Any]]:
        """The tools as they are declared to the model."""
        return [tool.spec() for tool in self._tools.values()]

    def get(self, name: str) -> Tool | None:
        """A tool of this run."""
        return self._tools.get(name)

    def reading(self) -> "ToolBox":
        """Those of them that change nothing."""
        box = ToolBox(())
        box._tools = {name: tool for name, tool in self._tools.items() if tool.effect == "read"}
        return box

    def check(self, name: str, arguments: str) -> dict[str, Any] | Outcome:
        """The arguments, or what is wrong with the call as the model will read it."""
        tool = self._tools.get(name)
        if tool is None:
            names = ", ".join(self._tools) or "none"
            asked = shortened(name, MAX_COMPLAINT_CHARS)
            return Outcome(f"There is no tool named “{asked}”. The tools are: {names}.", "no_tool")
        try:
            parsed = read_json(arguments or "{}")
        except Unreadable as error:
            return Outcome(f"The arguments are not valid JSON: {error}", "bad_arguments")
        if problem := fault(tool.schema, parsed) if tool.server else _fault(tool, parsed):
            said = shortened(problem, MAX_COMPLAINT_CHARS)
            return Outcome(f"The arguments don't fit: {said}", "bad_arguments")
        return dict(parsed)

    async def run(self, name: str, arguments: dict[str, Any], context: ToolContext) -> Outcome:
        """Run a tool with checked arguments. Never raises for what the tool does wrong."""
        outcome = await self._tried(self._tools[name], arguments, context)
        return Outcome(inert(outcome.text), outcome.code)

    async def _tried(self, tool: Tool, arguments: dict[str, Any], context: ToolContext) -> Outcome:
        name = tool.name
        try:
            context.quota.use(name, tool.max_calls)
            async with asyncio.timeout(tool.timeout_s):
                text = await tool.run(arguments, context)
        except TimeoutError:
            return Outcome(f"{name} took longer than {tool.timeout_s:g} s.", "timeout")
        except ToolUnanswered as error:
            return Outcome(str(error), "unanswered")
        except ToolError as error:
            return Outcome(shortened(str(error), tool.max_output_chars), "refused")
        except Exception:
            logger.exception("tool failed", extra={"tool": name})
            return Outcome(f"{name} failed for a reason of its own.", "tool_failed")
        return Outcome(shortened(text, tool.max_output_chars))


def _fault(tool: Tool, arguments: Any) -> str:
    """What doesn't fit a schema of ours."""
    problem = jsonschema.exceptions.best_match(
        jsonschema.Draft202012Validator(tool.schema).iter_errors(arguments)
    )
    return "" if problem is None else str(problem.message)
