"""The ports of a run that is played: a model, tools and a journal that say what was recorded."""

from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from typing import Any

import orjson

from runs.engine.calls.purse import TOOL as PURSE
from runs.engine.cassette.changes import another_request, is_same, not_recorded
from runs.engine.cassette.tape import RecordedTool, Tape
from runs.engine.errors import MustConclude, ProviderError, Refused
from runs.engine.memory import MemoryJournal, OnEvent
from runs.engine.model_json import Unreadable, read_json
from runs.engine.stop_reasons import REASONS
from runs.engine.tools.registry import ToolBox
from runs.engine.tools.tool import Outcome, ToolContext
from runs.engine.types import Hold, ModelRequest, Recorded, Reply, Spec, StepStart, Usage

Outcomes = dict[tuple[str, bytes], deque[Outcome]]


class PlayedStream:
    """A recorded reply, all at once."""

    cut = False
    ended = True

    def __init__(self, reply: Reply, usage: Usage | None) -> None:
        self.reply = reply
        self.usage = usage
        self.received = reply.content + "".join(call.arguments for call in reply.tool_calls)
        self.characters = len(self.received)

    async def __aiter__(self) -> AsyncIterator[str]:
        yield self.reply.content

    async def close(self) -> None:
        """Nothing is open."""


class PlayedModel:
    """Answers each request as it was answered then. Raises `Changed` for any other request."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._played: set[str] = set()

    async def stream(self, request: ModelRequest) -> PlayedStream:
        """The recorded reply; where there was none, the error of then as a `ProviderError`."""
        recorded = [call for call in self._tape.calls if call.key == request.key]
        if not recorded:
            raise not_recorded(request.key)
        same = [call for call in recorded if is_same(call, request)]
        if not same:
            raise another_request(recorded[-1], request)
        self._played.add(request.key)
        call = next((call for call in same if call.reply), same[-1])
        if call.reply:
            return PlayedStream(call.reply, call.usage)
        if call.error is None:
            raise not_recorded(f"The answer to {request.key}")
        error = call.error
        raise ProviderError(error["code"], error["message"], bought="nothing", retryable=False)

    def context_tokens(self, model: str) -> int | None:
        """Unknown: what a window refused is on the tape."""
        return None

    @property
    def left(self) -> list[str]:
        """The keys of the answers that nobody asked for."""
        answered = {call.key: None for call in self._tape.calls if call.reply}
        return [key for key in answered if key not in self._played]


class PlayedTools(ToolBox):
    """Tools that are declared as ever, and return what they returned then, in that order."""

    def __init__(self, spec: Spec, outcomes: Outcomes) -> None:
        """Raises KeyError for a tool that isn't installed here."""
        super().__init__(spec.tools, spec.declared)
        self._spec = spec
        self._outcomes = outcomes

    def reading(self) -> "PlayedTools":
        """Those of them that change nothing."""
        names = tuple(tool["function"]["name"] for tool in super().reading().specs())
        return PlayedTools(replace(self._spec, tools=names), self._outcomes)

    async def run(self, name: str, arguments: dict[str, Any], context: ToolContext) -> Outcome:
        """The outcome of then. Raises `Changed` for a call that wasn't made."""
        outcomes = self._outcomes.get((name, _canonical(arguments)))
        if not outcomes:
            raise not_recorded(f"{name}({orjson.dumps(arguments).decode()})")
        return outcomes.popleft()


class PlayedJournal(MemoryJournal):
    """A journal in memory that runs out of money or time where the recorded run did."""

    def __init__(self, tape: Tape, on_event: OnEvent | None = None) -> None:
        super().__init__(on_event)
        self._known = {call.key for call in tape.calls}
        self._purses = {
            tool.key: Recorded(0, tool.key, 1, "", tool.response)
            for tool in tape.tools
            if tool.tool == PURSE
        }
        reason = tape.result.stop_reason
        self._ran_out = reason if reason in REASONS else ""

    def recorded(self, key: str) -> Recorded | None:
        """What this run has done; of the money left, what there was then."""
        return super().recorded(key) or self._purses.get(key)

    async def hold(self, start: StepStart) -> Hold:
        """Grant what is asked for, as long as the recorded run was granted it."""
        if self._ran_out and start.key not in self._known:
            if start.closing:
                raise Refused("budget_exceeded", "The recorded run had nothing left.")
            raise MustConclude(self._ran_out)
        return await super().hold(start)


def outcomes_of(tools: Iterable[RecordedTool]) -> Outcomes:
    """What tools returned, by the call."""
    found: Outcomes = defaultdict(deque)
    for tool in tools:
        try:
            arguments = read_json(tool.arguments or "{}")
        except Unreadable:
            # It was refused before it reached the tool, and will be again.
            continue
        outcome = Outcome(tool.response["text"], tool.response["code"])
        found[tool.tool, _canonical(arguments)].append(outcome)
    return found


def _canonical(arguments: Any) -> bytes:
    return orjson.dumps(arguments, option=orjson.OPT_SORT_KEYS)
