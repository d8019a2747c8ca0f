"""A provider's count in every spelling: the buckets add up to its own total."""

from typing import Any

import pytest

from runs.engine.provider.usage import merged, read_usage
from runs.engine.types import Usage

IN_OUT = {"prompt_tokens": 100, "completion_tokens": 20}


@pytest.mark.parametrize(
    ("counts", "usage"),
    [
        (IN_OUT, Usage(100, 0, 20)),
        ({"prompt_tokens": 100.0, "completion_tokens": "20"}, Usage(100, 0, 20)),
        ({"input_tokens": 100, "output_tokens": 20}, Usage(100, 0, 20)),
        ({**IN_OUT, "prompt_tokens_details": {"cached_tokens": 60}}, Usage(40, 60, 20)),
        (
            {**IN_OUT, "prompt_cache_hit_tokens": 80, "prompt_cache_miss_tokens": 20},
            Usage(20, 80, 20),
        ),
        (
            {**IN_OUT, "prompt_tokens_details": {"cached_tokens": 30, "cache_write_tokens": 50}},
            Usage(20, 30, 20, 0, 50),
        ),
        (
            {
                "input_tokens": 100,
                "output_tokens": 20,
                "input_tokens_details": {"cache_write_tokens": 50},
            },
            Usage(50, 0, 20, 0, 50),
        ),
        # Anthropic counts what went through the cache beside the rest.
        (
            {
                "input_tokens": 10,
                "cache_read_input_tokens": 60,
                "cache_creation_input_tokens": 30,
                "output_tokens": 20,
            },
            Usage(10, 60, 20, 0, 30),
        ),
        (
            {
                "input_tokens": 10,
                "cache_creation": {"ephemeral_5m_input_tokens": 30, "ephemeral_1h": None},
                "output_tokens": 20,
            },
            Usage(10, 0, 20, 0, 30),
        ),
        (
            {**IN_OUT, "prompt_tokens_details": {"cache_creation": {"ephemeral_5m": 50}}},
            Usage(50, 0, 20, 0, 50),
        ),
        ({**IN_OUT, "num_cached_tokens": 60}, Usage(40, 60, 20)),
        ({**IN_OUT, "prompt_token_details": {"cached_tokens": 60}}, Usage(40, 60, 20)),
        (
            {
                "inputTokens": 10,
                "cacheReadInputTokens": 60,
                "cacheWriteInputTokens": 30,
                "outputTokens": 20,
                "totalTokens": 120,
            },
            Usage(10, 60, 20, 0, 30),
        ),
        ({"promptTokens": 100, "completionTokens": 20}, Usage(100, 0, 20)),
        (
            {"promptTokenCount": 100, "candidatesTokenCount": 20, "cachedContentTokenCount": 60},
            Usage(40, 60, 20),
        ),
        ({**IN_OUT, "completion_tokens_details": {"reasoning_tokens": 8}}, Usage(100, 0, 20, 8)),
        # The total says whether reasoning stands inside the completion or beside it.
        (
            {**IN_OUT, "total_tokens": 120, "completion_tokens_details": {"reasoning_tokens": 8}},
            Usage(100, 0, 20, 8),
        ),
        (
            {**IN_OUT, "total_tokens": 160, "completion_tokens_details": {"reasoning_tokens": 40}},
            Usage(100, 0, 60, 40),
        ),
        (
            {**IN_OUT, "total_tokens": 130, "completion_tokens_details": {"reasoning_tokens": 10}},
            Usage(100, 0, 30, 10),
        ),
        ({**IN_OUT, "total_tokens": 0}, Usage(100, 0, 20)),
        ({**IN_OUT, "prompt_tokens_details": None}, Usage(100, 0, 20)),
    ],
)
def test_it_is_read(counts: dict[str, Any], usage: Usage):
    assert read_usage(counts) == usage
    total = max(counts.get("total_tokens", 0), usage.input + usage.output)
    assert usage.input + usage.output == total


@pytest.mark.parametrize(
    "counts",
    [
        {},
        {"prompt_tokens": 100},
        {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
        {"prompt_tokens": 100, "completion_tokens": 0},
        {"prompt_tokens": -1, "completion_tokens": 5},
        {"prompt_tokens": 1.5, "completion_tokens": 5},
        {"prompt_tokens": 2**62, "completion_tokens": 5},
        {"prompt_tokens": "many", "completion_tokens": 5},
        {**IN_OUT, "prompt_tokens_details": {"cached_tokens": 101}},
        {**IN_OUT, "completion_tokens_details": {"reasoning_tokens": 21}},
    ],
)
def test_nonsense_is_no_count(counts: dict[str, Any]):
    assert read_usage(counts) is None


def test_a_count_in_parts_is_one_count():
    counts: Any = {}
    for part in (
        {"prompt_tokens": 100, "completion_tokens": 0},
        None,
        {"prompt_tokens": None, "completion_tokens": 7},
        {
            "prompt_tokens": 0,
            "completion_tokens": 20,
            "prompt_tokens_details": {"cached_tokens": 5},
        },
    ):
        counts = merged(counts, part)
    assert read_usage(counts) == Usage(95, 5, 20)
