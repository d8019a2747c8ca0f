"""The arguments of a tool call: one JSON object, whatever stands around it or came twice."""

import json
import re
from itertools import pairwise
from typing import Any

import orjson

# What chat templates and models leave around an object.
FRAME = re.compile(
    r"\A\s*(?:```(?:json)?|<\|\w+\|>)\s*|\s*(?:```|<\|\w+\|>|</s>|</tool_call>)\s*\Z", re.IGNORECASE
)
# Ends that a server's parser wrote twice.
ENDS = re.compile(r"[\s\"\]}]*")
# Words for having none.
NONE = frozenset({"", "null", "None"})


def text_of(value: Any) -> str:
    """Arguments as text, also where they came as an object; PHP writes an empty one as a list."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps({} if value == [] else value, ensure_ascii=False)


def objects(text: str) -> list[dict[str, Any]] | None:
    """The JSON objects of which a text is made; None when it is made of anything else."""
    try:  # the usual case, ten times as fast
        whole = orjson.loads(text)
        return [whole] if isinstance(whole, dict) else None
    except orjson.JSONDecodeError:
        return _objects_in_a_row(text)


def _objects_in_a_row(text: str) -> list[dict[str, Any]] | None:
    decoder = json.JSONDecoder(strict=False)
    found: list[dict[str, Any]] = []
    at = 0
    try:
        while at < len(text):
            value, at = decoder.raw_decode(text, at)
            if not isinstance(value, dict):
                return None
            found.append(value)
            while text[at : at + 1].isspace():
                at += 1
    except (ValueError, RecursionError):
        return None
    return found


def once(fragments: list[str], text: str) -> str:
    """The arguments where they came again whole, grew with each fragment, or began as `{}`."""
    found = objects(text.strip())
    if found is not None:
        different = [one for at, one in enumerate(found) if one and one not in found[:at]]
        if len(found) == 1 or len(different) > 1:
            return text
        return json.dumps(different[0] if different else {}, ensure_ascii=False)
    last = fragments[-1]
    head = text[: -len(last)]
    if objects(last.strip()) and (last.startswith(head) or _grew(fragments)):
        return last
    return text


def _grew(fragments: list[str]) -> bool:
    return all(after.startswith(before) for before, after in pairwise(fragments))


def bare(text: str) -> str:
    """The text of the object without what stands around it, be it a JSON text in which it is."""
    if not text or objects(text.strip()):
        return text
    inner = FRAME.sub("", text)
    try:
        value = orjson.loads(inner)
    except orjson.JSONDecodeError:
        value = None
    inner = value if isinstance(value, str) else inner
    if inner in NONE:
        return "{}"
    return inner if objects(inner.strip()) else _ended_once(inner) or text


def _ended_once(text: str) -> str:
    """The object that a text begins with, if only ends follow it."""
    start = text.lstrip()
    try:
        _, end = json.JSONDecoder(strict=False).raw_decode(start)
    except (ValueError, RecursionError):
        return ""
    return start[:end] if start.startswith("{") and ENDS.fullmatch(start, end) else ""
