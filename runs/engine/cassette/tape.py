"""The file: what a run was asked to do, each of its calls with what came back, and how it ended."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from runs.engine.types import Reply, Result, Spec, Usage

FORMAT = "agentsite.cassette"
VERSION = 1


class NoTape(ValueError):
    """This is no cassette, or one that can't be read here."""


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One attempt of an LLM call: what was asked, and either the reply or the error.

    One that was `taken` over from another run may have been asked for in other words.
    """

    key: str
    model: str
    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]]
    schema: dict[str, Any] | None
    reply: Reply | None
    usage: Usage | None
    error: dict[str, str] | None
    taken: bool = False


@dataclass(frozen=True, slots=True)
class RecordedTool:
    """One tool call; `arguments` is JSON text as the model wrote it."""

    key: str
    tool: str
    arguments: str
    response: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tape:
    """A whole run, in the order in which its calls began."""

    spec: Spec
    result: Result
    calls: tuple[RecordedCall, ...]
    tools: tuple[RecordedTool, ...]

    def dumps(self) -> bytes:
        """As the text of a file."""
        whole = {"format": FORMAT, "version": VERSION, **asdict(self)}
        return orjson.dumps(whole, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def read(path: Path) -> Tape:
    """The tape in a file. Raises `NoTape`, `OSError`."""
    return loads(path.read_bytes())


def loads(text: bytes) -> Tape:
    """The tape that a text has. Raises `NoTape`."""
    try:
        whole = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise NoTape(f"This is no cassette: {error}.") from error
    if not isinstance(whole, dict) or whole.get("format") != FORMAT:
        raise NoTape("This is no cassette.")
    if whole.get("version") != VERSION:
        raise NoTape(f"This cassette has version {whole.get('version')}; {VERSION} is read here.")
    try:
        return Tape(
            _spec(whole["spec"]),
            _result(whole["result"]),
            tuple(map(_call, whole["calls"])),
            tuple(RecordedTool(**tool) for tool in whole["tools"]),
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise NoTape(f"This cassette was made by another release: {error}.") from error


def _spec(found: Mapping[str, Any]) -> Spec:
    lists = {name: tuple(found[name]) for name in ("tools", "goals")}
    return Spec(**{**found, **lists})


def _result(found: Mapping[str, Any]) -> Result:
    lists = {name: tuple(found[name]) for name in ("sources", "warnings")}
    return Result(**{**found, **lists})


def _call(found: Mapping[str, Any]) -> RecordedCall:
    reply, usage = found["reply"], found["usage"]
    read = {"reply": reply and Reply.of(reply), "usage": usage and Usage(**usage)}
    return RecordedCall(**{**found, **read})
