"""A provider's count in our disjoint buckets, whatever it calls them."""

from collections.abc import Mapping
from typing import Any

from runs.engine.types import Usage

# A count beyond this is no count; it would not fit the ledger either.
MAX_TOKENS = 100_000_000

Counts = Mapping[str, Any]

INPUT = (
    *("prompt_tokens", "input_tokens", "promptTokenCount", "prompt_eval_count"),
    *("promptTokens", "inputTokens"),
)
OUTPUT = (
    *("completion_tokens", "output_tokens", "candidatesTokenCount", "eval_count"),
    *("completionTokens", "outputTokens"),
)
TOTAL = ("total_tokens", "totalTokenCount", "totalTokens")
INPUT_DETAILS = ("prompt_tokens_details", "input_tokens_details", "prompt_token_details")
OUTPUT_DETAILS = ("completion_tokens_details", "output_tokens_details")
CACHED = (
    "cached_tokens",
    "prompt_cache_hit_tokens",
    "cache_read_input_tokens",
    "cache_read_tokens",
    "num_cached_tokens",
    "cachedContentTokenCount",
    "cacheReadInputTokens",
)
CACHE_WRITE = (
    *("cache_write_tokens", "cache_creation_tokens", "cache_creation_input_tokens"),
    "cacheWriteInputTokens",
)
REASONING = ("reasoning_tokens", "thoughtsTokenCount")
# By these names input that came from the cache, or went to it, is counted beside the rest.
BESIDE = {
    *("cache_read_input_tokens", "cache_creation_input_tokens", "cache_creation"),
    *("cacheReadInputTokens", "cacheWriteInputTokens"),
}
BESIDE_INPUT = {"input_tokens", "inputTokens"}


def merged(known: Counts, more: Any) -> Counts:
    """A count that comes in parts, or grows: of each number the largest."""
    if not isinstance(more, Mapping):
        return known
    both = dict(known)
    for name, value in more.items():
        old = both.get(name)
        if isinstance(value, Mapping):
            both[name] = merged(old if isinstance(old, Mapping) else {}, value)
        elif value is not None and (old is None or _number(value) >= _number(old)):
            both[name] = value
    return both


def read_usage(counts: Counts) -> Usage | None:
    """The buckets, which add up to the provider's own total; None where there is no sense in it.

    Reasoning and cached input stand beside the rest at some endpoints and inside it at others: the
    total decides. An answer that cost no input or no output at all was not counted.
    """
    details, hidden = _part(counts, INPUT_DETAILS), _part(counts, OUTPUT_DETAILS)
    sent, output = _first(counts, INPUT), _first(counts, OUTPUT)
    cached = _first(details, CACHED) or _first(counts, CACHED) or 0
    written = _first(details, CACHE_WRITE) or _first(counts, CACHE_WRITE) or 0
    written = written or _by_age(details) or _by_age(counts)
    reasoning = _first(hidden, REASONING) or _first(counts, REASONING) or 0
    if output is None and sent is not None:
        output = (_first(counts, TOTAL) or 0) - sent
    if sent is None or output is None:
        return None
    sent, output = _by_total(counts, sent, output, cached + written)
    fresh = sent - cached - written
    if min(fresh, cached, written, output - reasoning, reasoning) < 0 or not (sent and output):
        return None
    if max(sent, output) > MAX_TOKENS:
        return None
    return Usage(fresh, cached, output, reasoning, written)


def _by_total(counts: Counts, sent: int, output: int, beside: int) -> tuple[int, int]:
    """Input and output with what the provider counted beside them."""
    total = _first(counts, TOTAL)
    named_beside = bool(BESIDE & counts.keys() and BESIDE_INPUT & counts.keys())
    if total is None:
        return (sent + beside if named_beside else sent), output
    more = total - sent - output
    if beside and (more == beside or (named_beside and more > beside)):
        sent, more = sent + beside, more - beside
    return sent, output + max(more, 0)


def _by_age(counts: Counts) -> int:
    """Cache writes where they are counted by how long they are kept."""
    by_age = _part(counts, ("cache_creation",)).values()
    return sum(_number(tokens) for tokens in by_age if tokens is not None)


def _part(counts: Counts, names: tuple[str, ...]) -> Counts:
    for name in names:
        if isinstance(found := counts.get(name), Mapping):
            return found
    return {}


def _first(counts: Counts, names: tuple[str, ...]) -> int | None:
    """The first of these that counts something; -1 where it is no number of tokens."""
    found = [_number(counts[name]) for name in names if counts.get(name) is not None]
    return next(filter(None, found), found[0] if found else None)


def _number(value: Any) -> int:
    """A whole number, also as a float or as digits; -1 for anything else."""
    if isinstance(value, bool):
        return -1
    if isinstance(value, str) and value.strip().isascii():
        value = value.strip().removesuffix(".0")
        return int(value) if value.isdigit() and len(value) < 20 else -1
    if isinstance(value, float):
        return int(value) if value.is_integer() and value < 2**63 else -1
    return value if isinstance(value, int) else -1
