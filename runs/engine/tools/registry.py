"""The tools there are, and running one of them safely."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

import jsonschema

from runs.engine.model_json import Unreadable, read_json
from runs.engine.tools.calculator import CALCULATOR
from runs.engine.tools.current_time import CURRENT_TIME
from runs.engine.tools.tool import Outcome, Tool, ToolContext, ToolError, shortened

# What is wrong with a call repeats what the model wrote.
MAX_COMPLAINT_CHARS = 500

TOOLS: dict[str, Tool] = {tool.name: tool for tool in (CALCULATOR, CURRENT_TIME)}

logger = logging.getLogger(__name__)


class ToolBox:
    """The tools that one run may use."""

    def __init__(self, names: Iterable[str]) -> None:
        """Raises KeyError for a name that is not in `TOOLS`."""
        self._tools = {name: TOOLS[name] for name in names}

    def specs(self) -> list[dict[str, Any]]:
        """The tools as they are declared to the model."""
        return [tool.spec() for tool in self._tools.values()]

    def get(self, name: str) -> Tool | None:
        """A tool of this run."""
        return self._tools.get(name)

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
        problem = jsonschema.exceptions.best_match(
            jsonschema.Draft202012Validator(tool.schema).iter_errors(parsed)
        )
        if problem is not None:
            said = shortened(problem.message, MAX_COMPLAINT_CHARS)
            return Outcome(f"The arguments don't fit: {said}", "bad_arguments")
        return dict(parsed)

    async def run(self, name: str, arguments: dict[str, Any], context: ToolContext) -> Outcome:
        """Run a tool with checked arguments. Never raises for what the tool does wrong."""
        tool = self._tools[name]
        try:
            async with asyncio.timeout(tool.timeout_s):
                text = await tool.run(arguments, context)
        except TimeoutError:
            return Outcome(f"{name} took longer than {tool.timeout_s:g} s.", "timeout")
        except ToolError as error:
            return Outcome(str(error), "refused")
        except Exception:
            logger.exception("tool failed", extra={"tool": name})
            return Outcome(f"{name} failed for a reason of its own.", "tool_failed")
        return Outcome(shortened(text, tool.max_output_chars))
