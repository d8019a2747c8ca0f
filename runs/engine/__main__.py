"""Run a pattern from the command line: `python -m runs.engine react "what is 6*7?"`."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from runs.engine.cassette.changes import Changed
from runs.engine.cassette.player import Player
from runs.engine.cassette.tape import NoTape, read
from runs.engine.clock import SystemClock
from runs.engine.memory import MemoryBreakers, MemoryJournal, MemoryStop, up_to
from runs.engine.ports import Endpoint, Ports
from runs.engine.provider.openai_model import READ_TIMEOUT_S, OpenAIModel
from runs.engine.provider.packaged import packaged
from runs.engine.registry import PATTERNS
from runs.engine.run import run
from runs.engine.tools.registry import ToolBox, offered
from runs.engine.tools.web.guard import Guard
from runs.engine.tools.web.search import SEARXNG_URL, TAVILY_KEY
from runs.engine.types import Recorded, Result, Spec

NO_PROVIDER = """\
No provider: set OPENAI_API_KEY, or OPENAI_BASE_URL for a compatible endpoint. To try it without
one, start the simulator with `python -m agentsite.simulator` and pass the address it prints
as --base-url."""


SECRETS = {
    SEARXNG_URL: os.environ.get("SEARCH_URL", ""),
    TAVILY_KEY: os.environ.get("TAVILY_API_KEY", ""),
}
TOOLS = offered(SECRETS)


class Terminal:
    """Shows text and steps as they come."""

    def text(self, key: str, attempt: int, text: str) -> None:
        """Print a piece of the answer."""
        print(text, end="", flush=True)

    def close(self, key: str, attempt: int) -> None:
        """End the line."""
        print(flush=True)

    def event(self, type: str, data: dict[str, Any]) -> None:
        """Print what happened, apart from the answer."""
        words = " ".join(f"{name}={value}" for name, value in data.items())
        print(f"· {type} {words}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m runs.engine", description=__doc__)
    add = parser.add_argument
    add("pattern", choices=sorted(PATTERNS), nargs="?")
    add("task", nargs="?")
    add("--cassette", type=Path, metavar="FILE", help="play a recorded run instead, free of charge")
    add("--model", default="gpt-6-luna")
    add("--base-url", default=os.environ.get("OPENAI_BASE_URL"))
    add("--provider", help="of an installed package; its key is in <NAME>_API_KEY")
    add("--tool", action="append", choices=sorted(TOOLS), help="repeatable; all if left out")
    add("--param", action="append", default=[], metavar="NAME=VALUE", help="repeatable")
    add("--save", type=Path, metavar="FILE", help="keep the finished steps in a file")
    add(
        "--fork",
        nargs=2,
        metavar=("FILE", "STEP"),
        help="take over the steps that --save kept, up to the one with this key",
    )
    return parser


def _taken(fork: tuple[str, str] | None) -> list[Recorded]:
    """The steps to take over. Raises `ValueError` in words for the user."""
    if fork is None:
        return []
    file, key = fork
    try:
        steps = [Recorded(**step) for step in orjson.loads(Path(file).read_bytes())]
        return up_to(steps, key)
    except KeyError as error:
        known = ", ".join(step.key for step in steps)
        raise ValueError(f"{file} has no step {key}. It has {known}.") from error
    except (OSError, TypeError, orjson.JSONDecodeError) as error:
        raise ValueError(f"{file} has no steps that --save wrote: {error}") from error


def _save(file: Path, journal: MemoryJournal) -> None:
    file.write_bytes(orjson.dumps([asdict(step) for step in journal.finished]))


def _params(pairs: list[str]) -> dict[str, Any]:
    params = {}
    for pair in pairs:
        name, _, text = pair.partition("=")
        try:
            params[name] = orjson.loads(text)
        except orjson.JSONDecodeError:
            params[name] = text
    return params


def _endpoint(provider: str | None, base_url: str | None) -> Endpoint:
    """Raises ValueError for a package's provider that can't be used."""
    key = os.environ.get(f"{provider or 'openai'}_API_KEY".upper()) or "none"
    if provider:
        return packaged(provider, api_key=key, base_url=base_url, read_timeout_s=READ_TIMEOUT_S)
    return OpenAIModel(api_key=key, base_url=base_url)


async def _run(
    spec: Spec, model: Endpoint, taken: Sequence[Recorded]
) -> tuple[Result, MemoryJournal]:
    terminal = Terminal()
    journal = MemoryJournal(terminal.event, taken)
    try:
        stop, clock = MemoryStop(), SystemClock()
        tools, breakers = ToolBox(spec.tools), MemoryBreakers()
        ports = Ports(
            journal,
            model,
            terminal,
            stop,
            clock,
            tools,
            breakers,
            http=Guard(),
            secrets=SECRETS,
        )
        result = await run(spec, ports)
    finally:
        await model.close()
    return result, journal


def _summary(result: Result, journal: MemoryJournal) -> str:
    bought = [end.usage for _, end in journal.steps if end and end.usage]
    sent = sum(usage.input for usage in bought)
    written = sum(usage.output for usage in bought)
    lines = [
        f"{result.status}: {result.answer_kind} answer, {result.stop_reason}",
        f"{len(journal.steps)} LLM calls, {sent} input tokens, {written} output tokens",
    ]
    if result.error:
        lines.append(f"{result.error['code']}: {result.error['message']}")
    return "\n".join(lines)


def _play(file: Path) -> int:
    """Play a recorded run and say whether it is still the same."""
    terminal = Terminal()
    try:
        player = Player(read(file), live=terminal, on_event=terminal.event)
        result = player.check()
    except (Changed, NoTape, OSError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 2 if isinstance(error, NoTape | OSError) else 1
    print(f"\n{result.answer or ''}\n")
    print(f"Nothing has changed. {_summary(result, player.journal)}", file=sys.stderr)
    return 0


def main() -> int:
    """Run one task and say how it went."""
    parser = _parser()
    arguments = parser.parse_args()
    if arguments.cassette:
        return _play(arguments.cassette)
    if arguments.task is None:
        parser.error("a pattern and a task are needed, or --cassette FILE")
    if not (os.environ.get("OPENAI_API_KEY") or arguments.base_url or arguments.provider):
        print(NO_PROVIDER, file=sys.stderr)
        return 2
    tools = tuple(arguments.tool or TOOLS) if PATTERNS[arguments.pattern].needs_tools else ()
    params = _params(arguments.param)
    try:
        PATTERNS[arguments.pattern].params.model_validate(params)
        taken = _taken(arguments.fork)
    except ValueError as error:  # a ValidationError is one
        print(error, file=sys.stderr)
        return 2
    spec = Spec(arguments.task, arguments.pattern, arguments.model, params, tools)
    try:
        model = _endpoint(arguments.provider, arguments.base_url)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    result, journal = asyncio.run(_run(spec, model, taken))
    if arguments.save:
        _save(arguments.save, journal)
    print(f"\n{result.answer or ''}\n")
    print(_summary(result, journal), file=sys.stderr)
    return 0 if result.status == "succeeded" else 1


if __name__ == "__main__":
    sys.exit(main())
