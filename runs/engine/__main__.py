"""Run a pattern from the command line: `python -m runs.engine react "what is 6*7?"`."""

import argparse
import asyncio
import os
import sys
from typing import Any

import orjson
from pydantic import ValidationError

from runs.engine.clock import SystemClock
from runs.engine.memory import MemoryJournal, MemoryStop
from runs.engine.ports import Ports
from runs.engine.provider.openai_model import OpenAIModel
from runs.engine.registry import PATTERNS
from runs.engine.run import run
from runs.engine.tools.registry import TOOLS, ToolBox
from runs.engine.types import Result, Spec

NO_PROVIDER = """\
No provider: set OPENAI_API_KEY, or OPENAI_BASE_URL for a compatible endpoint. To try it without
one, start the simulator with `python -m agentsite.simulator` and pass the address it prints
as --base-url."""


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
    add("pattern", choices=sorted(PATTERNS))
    add("task")
    add("--model", default="gpt-4o-mini")
    add("--base-url", default=os.environ.get("OPENAI_BASE_URL"))
    add("--tool", action="append", choices=sorted(TOOLS), help="repeatable; all if left out")
    add("--param", action="append", default=[], metavar="NAME=VALUE", help="repeatable")
    return parser


def _params(pairs: list[str]) -> dict[str, Any]:
    params = {}
    for pair in pairs:
        name, _, text = pair.partition("=")
        try:
            params[name] = orjson.loads(text)
        except orjson.JSONDecodeError:
            params[name] = text
    return params


async def _run(spec: Spec, base_url: str | None) -> tuple[Result, MemoryJournal]:
    terminal = Terminal()
    journal = MemoryJournal(terminal.event)
    model = OpenAIModel(api_key=os.environ.get("OPENAI_API_KEY") or "none", base_url=base_url)
    try:
        stop, clock = MemoryStop(), SystemClock()
        ports = Ports(journal, model, terminal, stop, clock, ToolBox(spec.tools))
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


def main() -> int:
    """Run one task and say how it went."""
    arguments = _parser().parse_args()
    if not (os.environ.get("OPENAI_API_KEY") or arguments.base_url):
        print(NO_PROVIDER, file=sys.stderr)
        return 2
    tools = tuple(arguments.tool or TOOLS) if PATTERNS[arguments.pattern].needs_tools else ()
    params = _params(arguments.param)
    try:
        PATTERNS[arguments.pattern].params.model_validate(params)
    except ValidationError as error:
        print(error, file=sys.stderr)
        return 2
    spec = Spec(arguments.task, arguments.pattern, arguments.model, params, tools)
    result, journal = asyncio.run(_run(spec, arguments.base_url))
    print(f"\n{result.answer or ''}\n")
    print(_summary(result, journal), file=sys.stderr)
    return 0 if result.status == "succeeded" else 1


if __name__ == "__main__":
    sys.exit(main())
