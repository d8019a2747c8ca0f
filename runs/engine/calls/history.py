"""Tool calls as they go back to an endpoint: names, ids and arguments that every one can read."""

import re

import orjson

from runs.engine.types import Message, Reply, ToolCall

ODD = re.compile(r"[^a-zA-Z0-9_-]")
ID = re.compile(r"[a-zA-Z0-9_-]{1,40}")
MAX_NAME = 64
NAMELESS = "unnamed"
UNREADABLE = "unreadable_arguments"


class CallIds:
    """Ids that no two calls of a conversation share. An endpoint's own is kept where it can be."""

    def __init__(self) -> None:
        self._used: set[str] = set()
        self._count = 0

    def of(self, call: ToolCall) -> str:
        """An id for one call; another one for the next."""
        id = call.id
        while id in self._used or not ID.fullmatch(id):
            self._count += 1
            id = f"call_{self._count}"
        self._used.add(id)
        return id


def turn(reply: Reply, ids: list[str]) -> Message:
    """The model's turn with its calls. What came beside them goes back as it came."""
    calls = [
        call.beside
        | {
            "id": id,
            "type": "function",
            "function": {"name": name(call.name), "arguments": arguments(call.arguments)},
        }
        for id, call in zip(ids, reply.tool_calls, strict=True)
    ]
    said = {"role": "assistant", "content": reply.content or None, "tool_calls": calls}
    return reply.beside | said


def name(written: str) -> str:
    """A tool's name in the letters that names may have."""
    return ODD.sub("_", written)[:MAX_NAME] or NAMELESS


def arguments(written: str) -> str:
    """Arguments as the text of a JSON object; what is none is quoted in one."""
    if not written.strip():
        return "{}"
    try:
        is_object = isinstance(orjson.loads(written), dict)
    except orjson.JSONDecodeError:
        is_object = False
    return written if is_object else orjson.dumps({UNREADABLE: written}).decode()
