"""Text that comes in pieces, clean as it comes in: what is stored and shown later can hold it."""

import json
import re
from typing import Any

import orjson

from runs.engine.model_json import MAX_DEPTH

# Encoders know numbers of 64 bits.
MAX_NUMBER = 2**63
HIGH = ("\ud800", "\udbff")
# An escape in JSON text that stands for NUL, or for half of a surrogate pair.
ODD_ESCAPE = re.compile(r"\\u(?:0000|d[89a-f][0-9a-f]{2})", re.IGNORECASE)


class Text:
    """Joins halves of surrogate pairs across pieces, and drops NUL. Half pairs become U+FFFD."""

    __slots__ = ("_half", "_pieces")

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._half = ""

    def add(self, piece: str) -> str:
        """Take in a piece; return what of the text is certain with it."""
        if self._half or not piece.isascii():
            piece = self._joined(piece)
        if "\x00" in piece:
            piece = piece.replace("\x00", "")
        self._pieces.append(piece)
        return piece

    def __str__(self) -> str:
        return "".join(self._pieces) + ("\ufffd" if self._half else "")

    def _joined(self, piece: str) -> str:
        piece, self._half = self._half + piece, ""
        if HIGH[0] <= piece[-1:] <= HIGH[1]:
            piece, self._half = piece[:-1], piece[-1]
        return cleaned(piece)


def cleaned(text: str) -> str:
    """A text without NUL, whose half surrogate pairs are joined where two meet, else replaced."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def cleaned_value(value: Any, depth: int = MAX_DEPTH) -> Any:
    """A JSON value all of whose texts are clean; too deep or too large a part of it is null."""
    if isinstance(value, str):
        return cleaned(value)
    if depth == 0 or (isinstance(value, int) and not -MAX_NUMBER < value < MAX_NUMBER):
        return None
    if isinstance(value, list):
        return [cleaned_value(item, depth - 1) for item in value]
    if isinstance(value, dict):
        return {cleaned(name): cleaned_value(item, depth - 1) for name, item in value.items()}
    return value


def cleaned_json(text: str) -> str:
    """JSON text that stands for clean text; what isn't JSON is only clean itself."""
    text = cleaned(text)
    if not ODD_ESCAPE.search(text):
        return text
    try:
        return orjson.dumps(cleaned_value(json.loads(text))).decode()
    except (ValueError, TypeError, RecursionError):
        return text
