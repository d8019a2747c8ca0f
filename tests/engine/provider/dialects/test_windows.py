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
        (
            "The estimated number of input and maximum output tokens (4600) exceeded this model"
            " context window limit (4096).",
            Window(4096, 504),
        ),
        ("prompt token count of 140000 exceeds the limit of 128000", Window(128000, 140000)),
        (
            "the input token count is 40000 but model only supports up to 32768",
            Window(32768, 40000),
        ),
        (
            "Please reduce the length of the messages or completion. Current length is 12288 while"
            " limit is 8192",
            Window(8192, 8192),
        ),
        (
            "Trying to keep the first 6269 tokens when context the overflows. However, the model is"
            " loaded with context length of only 4096 tokens",
            Window(4096, 6269),
        ),
        (
            "The maximum tokens you requested exceeds the model limit of 2048. Try again with a"
            " maximum tokens value that is lower than 2048.",
            Window(output=2048),
        ),
        ("max_tokens参数非法。请检查。取值范围[1,2048]", Window(output=2048)),
        ("`inputs` must have less than 4095 tokens. Given: 5000", Window(4095, 5000)),
        (
            "The decoder prompt (length 5000) is longer than the maximum model length of 4096.",
            Window(4096, 5000),
        ),
        (
            "max_tokens=4096 cannot be greater than max_model_len=max_total_tokens=2048.",
            Window(2048),
        ),
        ("Input too long. 5000 tokens > 4096", Window(4096, 5000)),
        (
            "Prompt tokens (5000) exceed the model's maximum of 4096 tokens",
            Window(4096, 5000),
        ),
        ("max_tokens (current value: 4096) must be between 0 and 4000", Window(output=4000)),
        ("max_tokens should be in the range [1, 2048]", Window(output=2048)),
        ("max_tokens must be <= 2048", Window(output=2048)),
        ("max_completion_tokens cannot exceed 2048", Window(output=2048)),
        ("max_tokens is too large: 4096. Maximum allowed is 2048", Window(output=2048)),
        ("max_tokens value 4096 exceeds the limit of 2048", Window(output=2048)),
        ("The maximum output tokens for this model is 2048", Window(output=2048)),
        ("`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 900", Window(4096, 900)),
        ("max_tokens must be at least 1, got -123.", Window()),
        ("Prompt 超长", Window()),
        ("Prompt length exceeds the maximum", Window()),
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
        (400, "Too many tokens, please wait before trying again."),
        (400, "max_tokens must be at least 1024"),
        (429, "Rate limit reached: too many tokens per minute"),
    ],
)
def test_other_limits_are_no_windows(status: int, words: str):
    assert read(words, status, CAP) is None
