"""How many tokens a request has: counted for estimates, bounded for holds. Text only."""

from functools import cache
from typing import Any

import orjson
from splintr import AnyTokenizer, Tokenizer

from runs.engine.types import Message

# What a chat template adds, rounded up: roles, separators, tool and schema headers.
PER_MESSAGE = 16
PER_TOOL = 16
FRAMING = 128
# An answer shorter than this is not worth its input.
MIN_OUTPUT_TOKENS = 256
# What an endpoint's dialect may add to a request that was held for: a message between two others, a
# tool in the place of a schema.
DIALECT_PER_MESSAGE = 48
DIALECT = 384


@cache
def _encoding() -> AnyTokenizer:
    return Tokenizer.from_pretrained("o200k_base")


def count(text: str) -> int:
    """Tokens of a text as o200k counts them: an estimate for other encodings."""
    return len(_encoding().encode_ordinary(text))


def sent(text: str) -> bytes:
    """A text as it is sent, inside a JSON body."""
    return orjson.dumps(text)[1:-1]


def _framing(messages: list[Message], tools: list[dict[str, Any]]) -> int:
    return FRAMING + PER_MESSAGE * len(messages) + PER_TOOL * len(tools)


def count_input(
    messages: list[Message], tools: list[dict[str, Any]], schema: dict[str, Any] | None
) -> int:
    """A request's input tokens by our own count, framing included."""
    sent = orjson.dumps([messages, tools, schema]).decode()
    return min(count(sent), len(sent.encode())) + _framing(messages, tools)


def bound_input(
    messages: list[Message], tools: list[dict[str, Any]], schema: dict[str, Any] | None
) -> int:
    """The most input tokens a request can have, in whatever dialect it is sent.

    A byte-level BPE token is at least one byte.
    """
    sent = len(orjson.dumps([messages, tools, schema]))
    return sent + _framing(messages, tools) + DIALECT + DIALECT_PER_MESSAGE * len(messages)
