"""Work on texts that a model gave, within limits that hold off the loop too."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from runs.engine.tools.tool import ToolContext, ToolError


def bounded(text: str, most_bytes: int) -> str:
    """The text. Raises `ToolError` where it is too long."""
    if len(text) > most_bytes or len(text.encode()) > most_bytes:
        raise ToolError(f"This is too long: at most {most_bytes:,} bytes.")
    return text


def off_the_loop(
    work: Callable[[dict[str, Any]], str],
) -> Callable[[dict[str, Any], ToolContext], Awaitable[str]]:
    """A tool's `run` that works in a thread. No thread can be stopped: the work bounds itself."""

    async def run(arguments: dict[str, Any], context: ToolContext) -> str:
        return await asyncio.to_thread(work, arguments)

    return run
