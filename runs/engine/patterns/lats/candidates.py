"""Candidates for a next step: read from what a model wrote, checked, each of them once."""

from dataclasses import dataclass
from typing import Any

import orjson

from runs.engine.patterns.lats.steps import NO_TOOL
from runs.engine.ports import ToolBox
from runs.engine.tools.tool import Outcome

MAX_FAULTS = 8
TITLE_CHARS = 100


@dataclass(frozen=True, slots=True)
class Candidate:
    """One next step. `answer` is empty where a final one's answer is still to be written."""

    action: str
    thought: str = ""
    tool: str = ""
    arguments: str = ""
    final: bool = False
    answer: str = ""

    @property
    def title(self) -> str:
        """What it is called, for a reader."""
        return clipped(self.action, TITLE_CHARS)

    @property
    def identity(self) -> tuple[str, str]:
        """What it does, however it is called: two candidates with the same are one."""
        if self.tool:
            return self.tool, self.arguments
        said = self.answer or self.thought or self.action
        return "", " ".join(said.split()).casefold()

    @property
    def text(self) -> str:
        """What it thinks and does, for a reader."""
        use = f"{self.tool}({self.arguments})" if self.tool else ""
        return "\n".join(filter(None, (self.thought, use, self.answer)))


class Candidates:
    """The usable ones of a reply and of its repair, in their order."""

    def __init__(self, box: ToolBox, most: int) -> None:
        self._box = box
        self._most = most
        self._found: dict[tuple[str, str], Candidate] = {}

    @property
    def found(self) -> list[Candidate]:
        """Those that differ, at most so many."""
        return [*self._found.values()][: self._most]

    def check(self, written: dict[str, Any]) -> list[str]:
        """Keep what is usable; what is wrong with the rest, unless there is enough."""
        faults = []
        for place, one in enumerate(written["candidates"], start=1):
            read = self._read(one)
            if isinstance(read, Candidate):
                self._found.setdefault(read.identity, read)
            else:
                faults.append(f"Candidate {place}: {read}")
        if len(self._found) >= self._most:
            return []
        return faults[:MAX_FAULTS] or ([] if self._found else ["There is no candidate."])

    def _read(self, one: dict[str, Any]) -> Candidate | str:
        """The candidate, or what is wrong with it."""
        action, thought = " ".join(one["action"].split()), one["thought"].strip()
        if not (action or thought):
            return "it has neither action nor thought."
        action = action or " ".join(thought.split())
        name = one.get("tool", NO_TOOL)
        if name == NO_TOOL:
            final = one["is_final"]
            return Candidate(
                action, thought, final=final, answer=one["answer"].strip() if final else ""
            )
        checked = self._box.check(name, one["arguments_json"])
        if isinstance(checked, Outcome):
            return checked.text
        # Written before the tool's result was there, it can't be final yet.
        arguments = orjson.dumps(checked, option=orjson.OPT_SORT_KEYS).decode()
        return Candidate(action, thought, name, arguments)


def clipped(text: str, most: int) -> str:
    """The beginning of a line that is too long."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
