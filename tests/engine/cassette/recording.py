"""Runs that are recorded in memory, as the site records them in its database."""

from collections.abc import Callable
from typing import Any

import orjson

from runs.engine.cassette.tape import RecordedCall, RecordedTool, Tape, loads
from runs.engine.memory import MemoryJournal
from runs.engine.types import Result, Spec, ToolStep


class RecordingJournal(MemoryJournal):
    """Keeps the tool calls as well."""

    def __init__(self, on_event: Callable[[str, dict[str, Any]], None] | None = None) -> None:
        super().__init__(on_event)
        self.tools: list[ToolStep] = []

    async def tool_finished(self, step: ToolStep) -> None:
        self.tools.append(step)
        await super().tool_finished(step)


def tape_of(spec: Spec, result: Result, journal: MemoryJournal, tools: list[ToolStep]) -> Tape:
    """The tape of a run, as it is after it was written to a file and read again."""
    calls = tuple(
        RecordedCall(
            start.key,
            start.model,
            start.request["messages"],
            start.request["tools"],
            start.request["schema"],
            end.reply,
            end.usage,
            end.error,
        )
        for start, end in journal.steps
        if end
    )
    recorded = tuple(
        RecordedTool(step.key, step.request["tool"], step.request["arguments"], step.response or {})
        for step in tools
    )
    tape = Tape(spec, result, calls, recorded)
    return loads(orjson.dumps(orjson.loads(tape.dumps())))
