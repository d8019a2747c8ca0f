"""Token counts as OpenAI bills them: o200k_base, chat framing, and the prompt cache."""

from array import array
from collections import OrderedDict
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import orjson
from splintr import Tokenizer

_ENCODING = Tokenizer.from_pretrained("o200k_base")

# https://github.com/openai/openai-cookbook "How to count tokens with tiktoken"
_PER_MESSAGE = 3
_REPLY_PRIMER = 3

_CACHE_STEP = 128
_CACHE_FLOOR = 1024
_CACHE_S = 600


@lru_cache(maxsize=2048)
def encode(text: str) -> tuple[int, ...]:
    """Token ids of a text; special-token spellings count as ordinary text."""
    return tuple(_ENCODING.encode_ordinary(text))


@lru_cache(maxsize=256)
def split(text: str) -> tuple[tuple[str, int], ...]:
    """The text as it would be streamed: (piece, tokens), never cutting a character."""
    pieces = []
    pending, count = b"", 0
    for token in encode(text):
        pending += bytes(_ENCODING.decode_token_bytes(token))
        count += 1
        try:
            piece = pending.decode()
        except UnicodeDecodeError:
            continue
        pieces.append((piece, count))
        pending, count = b"", 0
    return tuple(pieces)


def content_text(content: Any) -> str:
    """A message's content as one text, whether it came as a string or as parts."""
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content)
    return content or ""


def _message_ids(message: dict[str, Any]) -> list[int]:
    ids = [0] * _PER_MESSAGE
    ids += encode(message["role"])
    ids += encode(content_text(message.get("content")))
    if name := message.get("name"):
        ids += encode(name)
    for call in message.get("tool_calls") or ():
        ids += encode(call["function"]["name"])
        ids += encode(call["function"]["arguments"])
    return ids


def prompt_ids(body: dict[str, Any]) -> list[int]:
    """Every input token of a request, in the order in which a prefix can repeat."""
    ids: list[int] = []
    for field in ("tools", "response_format"):
        if body.get(field):
            ids += encode(orjson.dumps(body[field]).decode())
    for message in body["messages"]:
        ids += _message_ids(message)
    return ids + [0] * _REPLY_PRIMER


class PromptCache:
    """Remembers prompt prefixes, so that a repeated one is billed as cached input.

    OpenAI caches from 1,024 tokens on, in steps of 128, and forgets what isn't used for minutes.
    """

    def __init__(self, size: int = 50_000) -> None:
        self._size = size
        self._seen: OrderedDict[bytes, float] = OrderedDict()

    def cached_tokens(self, ids: list[int], owner: str, now_s: float) -> int:
        """How many leading tokens a former prompt of this owner shared; remembers this one."""
        cached, digest = 0, owner.encode()
        for end in range(_CACHE_STEP, len(ids) + 1, _CACHE_STEP):
            block = array("I", ids[end - _CACHE_STEP : end]).tobytes()
            digest = blake2b(digest + block, digest_size=16).digest()
            if end < _CACHE_FLOOR:
                continue
            if self._seen.get(digest, float("-inf")) > now_s - _CACHE_S:
                cached = end
            self._remember(digest, now_s)
        return cached

    def _remember(self, digest: bytes, now_s: float) -> None:
        self._seen[digest] = now_s
        self._seen.move_to_end(digest)
        if len(self._seen) > self._size:
            self._seen.popitem(last=False)
