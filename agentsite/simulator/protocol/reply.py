"""An answer before it is sent: text, calls or a refusal, and the pieces it is streamed in."""

import secrets
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import orjson

from .tokens import split

_CALL_OVERHEAD = 7  # tokens that name and open one tool call


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One tool call; ``arguments`` is JSON text, valid unless a fault was asked for."""

    name: str
    arguments: str
    id: str = field(default_factory=lambda: f"call_{secrets.token_hex(12)}")


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered."""

    content: str = ""
    calls: tuple[ToolCall, ...] = ()
    refusal: str = ""


class Piece(NamedTuple):
    """One streamed delta, as JSON, with the tokens it costs."""

    kind: Literal["content", "refusal", "call", "arguments"]
    text: str
    tokens: int
    call: int = 0


def pieces_of(reply: Reply) -> list[Piece]:
    """Cut a reply into deltas of one token each, or a few where a character needs them."""
    pieces = [Piece("content", text, tokens) for text, tokens in split(reply.content)]
    pieces += [Piece("refusal", text, tokens) for text, tokens in split(reply.refusal)]
    for index, call in enumerate(reply.calls):
        pieces.append(Piece("call", call.name, _CALL_OVERHEAD, index))
        pieces += [Piece("arguments", text, n, index) for text, n in split(call.arguments)]
    return pieces


def deltas(reply: Reply, pieces: list[Piece]) -> list[bytes]:
    """The JSON of each piece's delta object."""
    return [_delta(reply, piece) for piece in pieces]


def _delta(reply: Reply, piece: Piece) -> bytes:
    if piece.kind in ("content", "refusal"):
        return b'{"%b":%b}' % (piece.kind.encode(), orjson.dumps(piece.text))
    if piece.kind == "arguments":
        return b'{"tool_calls":[{"index":%d,"function":{"arguments":%b}}]}' % (
            piece.call,
            orjson.dumps(piece.text),
        )
    call = reply.calls[piece.call]
    function = {"name": call.name, "arguments": ""}
    head = {"index": piece.call, "id": call.id, "type": "function", "function": function}
    return orjson.dumps({"tool_calls": [head]})


def message_of(reply: Reply, pieces: list[Piece]) -> dict[str, Any]:
    """The whole message that these pieces add up to, as a request without streaming gets it."""
    texts = {"content": "", "refusal": ""}
    calls: dict[int, dict[str, Any]] = {}
    for piece in pieces:
        if piece.kind == "call":
            call = reply.calls[piece.call]
            function = {"name": call.name, "arguments": ""}
            calls[piece.call] = {"id": call.id, "type": "function", "function": function}
        elif piece.kind == "arguments":
            calls[piece.call]["function"]["arguments"] += piece.text
        else:
            texts[piece.kind] += piece.text
    content = texts["content"] or (None if calls or texts["refusal"] else "")
    message = {"role": "assistant", "content": content, "refusal": texts["refusal"] or None}
    return message | ({"tool_calls": list(calls.values())} if calls else {})
