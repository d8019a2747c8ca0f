"""The tools that a server offers, as far as they can be used here."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runs.engine.tools.mcp.names import line
from runs.engine.tools.mcp.server import Server
from runs.engine.tools.schemas import schema_fault
from runs.engine.tools.tool import ToolError
from runs.engine.tools.web.places import place_fault

if TYPE_CHECKING:
    from mcp_types import ListToolsResult, Tool

MAX_TOOLS = 64
MAX_LIST_BYTES = 1024 * 1024
LIST_S = 30.0
MAX_LABEL_CHARS = 100
MAX_DESCRIPTION_CHARS = 1000
# Of a name as the server has it.
MAX_THEIRS = 200


@dataclass(frozen=True, slots=True)
class Offered:
    """A tool as a server declares it. `fault` is why it can't be used; `reads` is its own hint."""

    name: str
    label: str
    description: str
    schema: dict[str, Any]
    output_schema: dict[str, Any] | None
    reads: bool
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a server offers, for how long that holds, and the version of the protocol it spoke.

    `left_out` counts those with names that can't be used, and those beyond the limit, as far as
    they were read.
    """

    tools: tuple[Offered, ...]
    ttl_s: float | None
    protocol: str
    left_out: int = 0


async def list_tools(server: Server) -> Listing:
    """Ask a server for its tools. Raises `ToolError`."""
    # The import takes a second, which only those who ask a server should pay.
    from runs.engine.tools.mcp.faults import words_of
    from runs.engine.tools.mcp.session import opened

    if fault := place_fault(server.place):
        raise ToolError(fault)
    try:
        async with asyncio.timeout(LIST_S), opened(server, MAX_LIST_BYTES) as session:
            pages = await session.pages()
            protocol = session.protocol_version or ""
    except Exception as error:
        raise ToolError(words_of(error)) from error
    # Checking schemas can take a second.
    return await asyncio.to_thread(_listing, pages, protocol)


def _listing(pages: "list[ListToolsResult]", protocol: str) -> Listing:
    listed = {tool.name: tool for page in pages for tool in page.tools}
    named = [tool for name, tool in listed.items() if name and line(name, MAX_THEIRS) == name]
    lives_ms = [page.ttl_ms for page in pages if page.ttl_ms]
    return Listing(
        tools=tuple(_offered(tool) for tool in named[:MAX_TOOLS]),
        ttl_s=min(lives_ms) / 1000 if lives_ms else None,
        protocol=protocol,
        left_out=len(listed) - min(len(named), MAX_TOOLS) + bool(pages[-1].next_cursor),
    )


def _offered(tool: "Tool") -> Offered:
    hints = tool.annotations
    label = tool.title or (hints and hints.title) or tool.name
    return Offered(
        name=tool.name,
        label=line(label, MAX_LABEL_CHARS) or tool.name[:MAX_LABEL_CHARS],
        description=line(tool.description or "", MAX_DESCRIPTION_CHARS),
        schema=tool.input_schema,
        output_schema=tool.output_schema,
        reads=bool(hints and hints.read_only_hint and not hints.destructive_hint),
        fault=_fault(tool),
    )


def _fault(tool: "Tool") -> str:
    if fault := schema_fault(tool.input_schema):
        return f"The schema of its arguments can't be used: {fault}."
    if tool.output_schema is not None and (
        fault := schema_fault(tool.output_schema, of_object=False)
    ):
        return f"The schema of its result can't be used: {fault}."
    return ""
