"""What a tool of a server brought, as text."""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import orjson

from runs.engine.model_json import Unreadable, read_json, too_deep
from runs.engine.tools.schemas import TOO_COMPLEX, fault
from runs.engine.tools.tool import ToolError

if TYPE_CHECKING:
    from mcp_types import CallToolResult, ContentBlock

# A result is checked in a thread, and may be larger than arguments.
MAX_LOOKS = 20_000


async def text_of(result: "CallToolResult", schema: dict[str, Any] | None) -> str:
    """Its texts and its data; what else there is, is named. Raises `ToolError`.

    `schema` is what its data has to fit.
    """
    if result.is_error:
        raise ToolError("\n".join(_texts(result, None)) or "The tool failed, and didn't say why.")
    data = result.structured_content
    if data is not None and too_deep(data):
        raise ToolError("The result is nested too deeply.")
    if schema is not None:
        await _check(data, schema)
    texts = [*_texts(result, data)]
    if data is not None and not _is_wrapped(data, texts):
        texts.append(orjson.dumps(data).decode())
    return "\n\n".join(texts).replace("\0", "")


async def _check(data: Any, schema: dict[str, Any]) -> None:
    if data is None:
        raise ToolError("The server left out the data that its tool promises.")
    found = await asyncio.to_thread(fault, schema, data, looks=MAX_LOOKS)
    if found and found != TOO_COMPLEX:
        raise ToolError("The result doesn't fit what its tool promises.")


def _texts(result: "CallToolResult", data: Any) -> Iterator[str]:
    """The texts, without those that only repeat the data."""
    for block in result.content:
        if block.type != "text":
            yield f"[{_named(block)}: not shown]"
        elif data is None or not _repeats(block.text, data):
            yield block.text


def _is_wrapped(data: Any, texts: list[str]) -> bool:
    """True where the data only wraps what a text says already, as servers do with one value."""
    if not isinstance(data, dict) or data.keys() != {"result"}:
        return False
    value = data["result"]
    return any(text == value or _repeats(text, value) for text in texts)


def _repeats(text: str, data: Any) -> bool:
    try:
        return bool(read_json(text) == data)
    except Unreadable:
        return False


def _named(block: "ContentBlock") -> str:
    """What it is, with its type where it has one."""
    within = block.resource if block.type == "resource" else block
    kind = getattr(within, "mime_type", None)
    return f"{block.type} {kind}"[:100] if kind else block.type
