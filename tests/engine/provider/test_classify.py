"""What an error means, by its status and its words."""

import pytest

from runs.engine.provider.classify import failure_of
from runs.engine.provider.endings import ending_of
from runs.engine.provider.waits import retry_after_s
from runs.engine.provider.words import Words


@pytest.mark.parametrize(
    ("status", "message", "kinds", "code"),
    [
        (402, "Insufficient Balance", ("unknown_error",), "insufficient_quota"),
        (429, "You have no credits remaining", ("insufficient_quota",), "insufficient_quota"),
        (403, "Your account balance is too low", (), "insufficient_quota"),
        (429, "Quota exceeded for requests per minute", ("RESOURCE_EXHAUSTED",), "rate_limited"),
        (400, "The response was filtered", ("content_filter",), "refused"),
        (400, "rejected by our safety system", ("content_policy_violation",), "refused"),
        (400, "maximum context length is 4096 tokens", (), "context_full"),
        (400, "Unknown name", (), "bad_request"),
        (404, "no such model", (), "not_found"),
        (500, "oops", (), "provider_error"),
        (503, "insufficient credit service down", (), "provider_error"),
        (307, "", (), "redirected"),
        (None, "provider disconnected", ("502",), "provider_error"),
        (None, "Rate limit exceeded", ("429",), "rate_limited"),
        (None, "slow down", ("rate_limit_exceeded",), "rate_limited"),
        (None, "exceeds the available context size", ("400",), "context_full"),
        (None, "bad", ("invalid_request_error",), "bad_request"),
        (None, "model runner has unexpectedly stopped", (), "provider_error"),
    ],
)
def test_an_error_is_its_failure(
    status: int | None, message: str, kinds: tuple[str, ...], code: str
):
    assert failure_of(status, Words(message, kinds)).code == code


@pytest.mark.parametrize(
    ("word", "ending"),
    [
        ("stop", "end"),
        ("end_turn", "end"),
        ("STOP", "end"),
        ("something_new", "end"),
        ("length", "length"),
        ("MAX_TOKENS", "length"),
        ("model_length", "length"),
        ("maxTokens", "length"),
        ("FinishReason.MAX_TOKENS", "length"),
        ("content_filter", "content_filter"),
        ("SAFETY", "content_filter"),
        ("RECITATION", "content_filter"),
        ("error", "error"),
        ("insufficient_system_resource", "error"),
        ("network_error", "error"),
        ("MALFORMED_FUNCTION_CALL", "error"),
    ],
)
def test_every_word_for_an_end_is_known(word: str, ending: str):
    assert ending_of(word) == ending


@pytest.mark.parametrize(
    ("headers", "words", "seconds"),
    [
        ({"retry-after": "2"}, "", 2),
        ({"retry-after-ms": "1500", "retry-after": "9"}, "", 1.5),
        ({"retry-after": "1m30s"}, "", 90),
        ({"retry-after": "6h"}, "", 21_600),
        ({}, "Please try again in 1m12s.", 72),
        ({}, "Please retry in 27.5s.", 27.5),
        ({}, "Try again after 3 hours", 10_800),
        ({}, "no hint", None),
        ({"retry-after": "soon"}, "", None),
        ({"retry-after": "-5"}, "", None),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, "", 0),
    ],
)
def test_every_way_to_say_when_is_read(headers: dict[str, str], words: str, seconds: float | None):
    assert retry_after_s(headers, words) == seconds
