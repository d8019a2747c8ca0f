"""Operations on a text. None of them takes a pattern: regular expressions can be made to hang."""

import base64
import binascii
import hashlib
from collections.abc import Callable
from typing import Any

import orjson

from runs.engine.tools.line_diff import diff
from runs.engine.tools.tool import Tool, ToolError
from runs.engine.tools.work import bounded, off_the_loop

MAX_BYTES = 256 * 1024
MAX_PARTS = 1000
HASHES = ("sha256", "sha1", "md5")

Arguments = dict[str, Any]


def _count(text: str, arguments: Arguments) -> str:
    figures = {
        "characters": len(text),
        "words": len(text.split()),
        "lines": len(text.splitlines()),
        "bytes": len(text.encode()),
    }
    if sought := arguments.get("find"):
        figures["occurrences"] = text.count(sought)
    return orjson.dumps(figures).decode()


def _between(text: str, arguments: Arguments) -> str:
    """All that stands between two marks; what begins inside a part doesn't count again."""
    after, before = _given(arguments, "after"), _given(arguments, "before")
    parts: list[str] = []
    place = 0
    while len(parts) <= MAX_PARTS and (start := text.find(after, place)) != -1:
        end = text.find(before, start + len(after))
        if end == -1:
            break
        parts.append(text[start + len(after) : end])
        place = end + len(before)
    if not parts:
        raise ToolError("Nothing stands between these two.")
    return _listed(parts)


def _replace(text: str, arguments: Arguments) -> str:
    sought, new = _given(arguments, "find"), arguments.get("with", "")
    found = text.count(sought)
    if len(text) + found * (len(new) - len(sought)) > MAX_BYTES:
        raise ToolError(f"The result would be too long: at most {MAX_BYTES:,} characters.")
    return text.replace(sought, new)


def _split(text: str, arguments: Arguments) -> str:
    return _listed(text.split(_given(arguments, "by"), MAX_PARTS))


def _dedupe(text: str, arguments: Arguments) -> str:
    return "\n".join(dict.fromkeys(text.splitlines()))


def _sort(text: str, arguments: Arguments) -> str:
    return "\n".join(sorted(text.splitlines()))


def _containing(text: str, arguments: Arguments) -> str:
    sought = _given(arguments, "find")
    return "\n".join(line for line in text.splitlines() if sought in line)


def _diff(text: str, arguments: Arguments) -> str:
    return diff(text, bounded(arguments.get("other", ""), MAX_BYTES)) or "The texts are the same."


def _hash(text: str, arguments: Arguments) -> str:
    name = arguments.get("by", HASHES[0])
    if name not in HASHES:
        raise ToolError(f"There is no hash “{name[:40]}”. Known: {', '.join(HASHES)}.")
    return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()


def _encode(text: str, arguments: Arguments) -> str:
    return base64.b64encode(text.encode()).decode()


def _decode(text: str, arguments: Arguments) -> str:
    try:
        decoded = base64.b64decode("".join(text.split()), validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise ToolError("This is no text in base64.") from error
    return decoded.replace("\0", "")


OPERATIONS: dict[str, Callable[[str, Arguments], str]] = {
    "count": _count,
    "between": _between,
    "replace": _replace,
    "split": _split,
    "lines_with": _containing,
    "sort_lines": _sort,
    "dedupe_lines": _dedupe,
    "diff": _diff,
    "hash": _hash,
    "to_base64": _encode,
    "from_base64": _decode,
}


def work(arguments: Arguments) -> str:
    """The result of one operation. Raises `ToolError`."""
    return OPERATIONS[arguments["operation"]](bounded(arguments["text"], MAX_BYTES), arguments)


def _given(arguments: Arguments, name: str) -> str:
    if not (value := arguments.get(name)):
        raise ToolError(f"{arguments['operation']} needs “{name}”.")
    return str(value)


def _listed(parts: list[str]) -> str:
    note = f"\n[Only the first {MAX_PARTS:,} are shown.]" if len(parts) > MAX_PARTS else ""
    return orjson.dumps(parts[:MAX_PARTS]).decode() + note


def _text(description: str, most: int = 1000) -> dict[str, Any]:
    return {"type": "string", "maxLength": most, "description": description}


TEXT = Tool(
    name="text",
    label="Text",
    description=(
        "Works on a text: counts characters, words, lines (and `find`); lists what stands between "
        "`after` and `before`; replaces `find` with `with`; splits by `by`; keeps lines with "
        "`find`; sorts or dedupes lines; diffs with `other`; hashes by sha256, sha1 or md5; base64."
    ),
    schema={
        "type": "object",
        "properties": {
            "operation": {"type": "string", "enum": list(OPERATIONS)},
            "text": _text("What to work on", MAX_BYTES),
            "find": _text("Taken literally"),
            "with": _text("What replaces it; nothing if left out"),
            "after": _text("What stands before the wanted part"),
            "before": _text("What stands after it"),
            "by": _text("What to split by, or the name of a hash"),
            "other": _text("The second text of a diff", MAX_BYTES),
        },
        "required": ["operation", "text"],
        "additionalProperties": False,
    },
    run=off_the_loop(work),
    stable=True,
    timeout_s=5.0,
)
