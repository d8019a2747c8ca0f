"""What differs between the run that was recorded and the one that is played, for people."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from runs.engine.cassette.tape import RecordedCall, Tape
from runs.engine.types import ModelRequest, Result


class Changed(Exception):
    """The run is no longer the one that was recorded; the message says how."""


def is_same(call: RecordedCall, request: ModelRequest) -> bool:
    """True when a request asks what was asked when this was recorded."""
    if call.taken:
        return True
    recorded = call.model, call.messages, call.tools, call.schema
    return recorded == (request.model, request.messages, request.tools, request.schema)


def another_request(call: RecordedCall, request: ModelRequest) -> Changed:
    """A request that isn't the recorded one, with the difference."""
    before = _told(call.model, call.messages, call.tools, call.schema)
    now = _told(request.model, request.messages, request.tools, request.schema)
    return Changed(f"{call.key}: the request has changed.\n{_diff(before, now)}")


def not_recorded(what: str) -> Changed:
    """A call that the recorded run didn't make."""
    return Changed(f"{what}: this call isn’t on the cassette.")


def not_made(keys: Sequence[str]) -> Changed:
    """Calls that the recorded run made, and this one didn't."""
    return Changed(f"On the cassette, and not made any more: {', '.join(keys)}.")


def another_result(tape: Tape, result: Result) -> Changed | None:
    """A result that isn't the recorded one, with the difference; None where it is the same."""
    before, now = (_ended(one) for one in (tape.result, result))
    return None if before == now else Changed(f"The result has changed.\n{_diff(before, now)}")


def _ended(result: Result) -> list[str]:
    kind = f"{result.status}, {result.answer_kind}, {result.stop_reason}"
    return [kind, *(result.answer or "").splitlines(), *result.warnings]


def _told(
    model: str,
    messages: Sequence[Mapping[str, Any]],
    tools: Sequence[Mapping[str, Any]],
    schema: Mapping[str, Any] | None,
) -> list[str]:
    lines = [f"model: {model}"]
    for message in messages:
        rest = {name: part for name, part in message.items() if name not in ("role", "content")}
        lines += [f"[{message['role']}]", *(message["content"] or "").splitlines()]
        lines += _indented(rest) if rest else []
    for name, part in (("tools", tools), ("schema", schema)):
        lines += [f"[{name}]", *_indented(part)] if part else []
    return lines


def _indented(value: Any) -> list[str]:
    # The database, where a tape comes from, doesn't keep the order of names.
    option = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS
    return orjson.dumps(value, option=option).decode().splitlines()


def _diff(before: Sequence[str], now: Sequence[str]) -> str:
    return "\n".join(difflib.unified_diff(before, now, "recorded", "now", lineterm=""))
