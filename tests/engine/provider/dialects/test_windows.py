"""A refusal that tells of a full window is read, whatever its words."""

import pytest

from runs.engine.provider.dialects.windows import Window, read

CAP = 4096


@pytest.mark.parametrize(
    ("words", "window"),
    [
        (
            "This model's maximum context length is 4096 tokens. However, you requested 4600 tokens"
            " (504 in the messages, 4096 in the completion).",
            Window(4096, 504),
        ),
        (
            "This model's maximum context length is 16385 tokens. However, your messages resulted"
            " in 23273 tokens.",
            Window(16385, 23273),
        ),
        ("prompt is too long: 210000 tokens > 200000 maximum", Window(200000, 210000)),
        (
            "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
            Window(200000, 190000),
        ),
        (
            "The input token count (40000) exceeds the maximum number of tokens allowed (32768).",
            Window(32768, 40000),
        ),
        (
            "max_tokens is too large: 4096. This model supports at most 2048 completion tokens.",
            Window(output=2048),
        ),
        ("max_tokens (20000) exceeds the model's maximum of 16384", Window(output=16384)),
        (
            "maxOutputTokens must be in the range from 1 (inclusive) to 65537 (exclusive)",
            Window(output=65536),
        ),
        ("(prompt 900 + completion 4000) exceeds the model limit of 4096", Window(4096, 900)),
        ("The limit for this model is 8000 tokens, you sent too many tokens", Window(8000)),
        ("tokens in request more than max tokens allowed", Window()),
        ("the request exceeds the available context size, try increasing it", Window()),
    ],
)
def test_its_numbers_are_read(words: str, window: Window):
    assert read(words, 400, CAP) == window


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (413, "Request too large on tokens per minute (TPM): Limit 6000, Requested 7000"),
        (400, "String too long. Expected a string with maximum length 40: tool_calls[0].id"),
        (400, "Unknown parameter: 'seed'."),
        (429, "Rate limit reached: too many tokens per minute"),
    ],
)
def test_other_limits_are_no_windows(status: int, words: str):
    assert read(words, status, CAP) is None
