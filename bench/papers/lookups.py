"""The task: k look-ups, each of which needs the one before or none, and what a model says to it.

A look-up takes a fixed time and its answer has a fixed size. The model makes no mistake. When tools
fail, it asks ReAct's way once more in other words, and once for a further plan.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

import orjson

from bench.papers.provider import Body, Say
from runs.engine.tools.registry import ToolBox
from runs.engine.tools.tool import Tool, ToolContext, ToolError

TASK = "Find out what the items of the chain say, and sum it up in one paragraph."
TOOL_S = 1.0
# So long is what a look-up brings, in words.
FACTS = 300
NAME = "lookup"
ANSWER = Say("The items say this, in short:" + " it is so" * 30 + ".")
THOUGHT = "I look up what is still missing."
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"item": {"type": "string"}},
    "required": ["item"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class LookUps:
    """One task, and how it goes."""

    k: int
    dependent: bool = False
    fails: bool = False
    at_once: int = 4
    tool_s: float = TOOL_S

    def toolbox(self) -> ToolBox:
        """The one tool of the task."""
        return _Box(Tool(NAME, "Look up", "Looks up an item.", SCHEMA, self._look_up))

    async def _look_up(self, arguments: dict[str, Any], context: ToolContext) -> str:
        await asyncio.sleep(self.tool_s)
        if self.fails:
            raise ToolError("The service is not available.")
        place = int(arguments["item"].split()[1])
        found = {"next": f"item {place + 1}", "facts": "fact " * FACTS}
        return orjson.dumps(found).decode()

    def model(self, body: Body) -> Say:
        """What is said to a request of any of the patterns."""
        schema = body.get("response_format", {}).get("json_schema", {}).get("name")
        if schema == "evidence_plan":
            return self._plan("E", "")
        if schema == "call_plan":
            again = "<missing>" in body["messages"][1]["content"]
            return self._plan("u" if again else "t", "again" if again else "")
        tools = [tool["function"]["name"] for tool in body.get("tools", ())]
        may_call = body.get("tool_choice") != "none"
        if NAME in tools and may_call:
            return self._turn(body)
        if tools == ["replan"] and may_call and self.fails:
            return Say(calls=(("replan", '{"missing":"What the items say."}'),))
        return ANSWER

    def _plan(self, letter: str, words: str) -> Say:
        tasks = [self._task(letter, n, words) for n in range(1, self.k + 1)]
        return Say(orjson.dumps({"tasks": tasks}).decode())

    def _task(self, letter: str, n: int, words: str) -> Body:
        chained = self.dependent and n > 1
        item = f"${{{letter}{n - 1}.next}}" if chained else f"item {n} {words}".strip()
        task = {
            "id": f"{letter}{n}",
            "purpose": f"To know what item {n} says",
            "tool": NAME,
            "arguments_json": _arguments(item),
        }
        needs = [f"{letter}{n - 1}"] if chained else []
        return task if letter == "E" else task | {"depends_on": needs}

    def _turn(self, body: Body) -> Say:
        """The next look-ups of ReAct; the answer where there are none."""
        seen = sum(message["role"] == "tool" for message in body["messages"])
        at_once = 1 if self.dependent else self.at_once
        items = self._items()[seen : seen + at_once]
        return Say(THOUGHT, tuple((NAME, _arguments(item)) for item in items)) if items else ANSWER

    def _items(self) -> list[str]:
        """All that ReAct looks up, in its order."""
        items = [f"item {n}" for n in range(1, self.k + 1)]
        if not self.fails:
            return items
        # Nothing can be said of the second of a chain while the first one is unknown.
        tried = items[:1] if self.dependent else items
        return [words for item in tried for words in (item, f"{item} again")]


class _Box(ToolBox):
    """A tool that the site doesn't offer."""

    def __init__(self, tool: Tool) -> None:
        super().__init__(())
        self._tools = {tool.name: tool}


def _arguments(item: str) -> str:
    return orjson.dumps({"item": item}).decode()
