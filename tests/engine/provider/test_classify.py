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
        (429, "余额不足或无可用资源包,请充值。", ("1113",), "insufficient_quota"),
        (429, "is suspended", ("exceeded_current_quota_error",), "insufficient_quota"),
        (403, "Your newly created team doesn't have any credits yet", (), "insufficient_quota"),
        (429, "has either used all available credits or reached", (), "insufficient_quota"),
        (403, "Sorry, your account balance is insufficient", ("30001",), "insufficient_quota"),
        (500, "insufficient balance (1008)", ("api_error",), "insufficient_quota"),
        (412, "Account x is suspended, possibly due to", (), "insufficient_quota"),
        (400, "Budget has been exceeded!", ("budget_exceeded",), "insufficient_quota"),
        (429, "You exceeded your current quota. Retry in 27s", (), "rate_limited"),
        (498, "Flex tier capacity exceeded", ("capacity_exceeded",), "rate_limited"),
        (424, "The model returned an error", (), "provider_error"),
        (499, "client closed", (), "provider_error"),
        (400, "Content Exists Risk", ("invalid_request_error",), "refused"),
        (400, "Input", ("DataInspectionFailed",), "refused"),
        (400, "系统检测到输入或生成内容可能包含不安全或敏感内容", ("1301",), "refused"),
        (413, "Request exceeds the maximum size", ("request_too_large",), "context_full"),
        (None, "blocked", ("content_filter",), "refused"),
        (None, "Failed to call a function.", ("tool_use_failed", "400"), "provider_error"),
        (None, "您当前使用该API的并发数过高", ("1302",), "rate_limited"),
        (None, "all is well", ("200",), "provider_error"),
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
        ("time_limit", "length"),
        ("ERROR_TOXIC", "content_filter"),
        ("user_cancelled", "error"),
        ("error", "error"),
        ("insufficient_system_resource", "error"),
        ("network_error", "error"),
        ("MALFORMED_FUNCTION_CALL", "error"),
        ("function_call_filter: MALFORMED_FUNCTION_CALL", "error"),
        ("function_call_filter: UNEXPECTED_TOOL_CALL", "error"),
        ("content_filter: PROHIBITED_CONTENT", "content_filter"),
        ("malformed_tool_use", "error"),
        ("TOO_MANY_TOOL_CALLS", "error"),
        ("server_shutdown", "error"),
        ("max_output", "length"),
        ("kv_cache_full", "length"),
        ("repetition", "length"),
        ("pause_turn", "end"),
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
        ({}, "Please wait 42 seconds before retrying.", 42),
        ({}, "Try again in about 7 minutes and 30 seconds.", 450),
        ({}, "Your quota resets in 5 hours.", 18_000),
        ({}, '{"retry_after": 30}', 30),
        ({}, '{"retry_after_ms": 1500}', 1.5),
        ({}, '{"retryDelay": "27s"}', 27),
        ({}, '{"estimated_time": 20.0}', 20),
        ({}, "It resets at 1970-01-01 00:00:00 UTC.", 0),
        ({"retry-after": "1970-01-01T00:00:00Z"}, "", 0),
        ({}, "no hint", None),
        ({"retry-after": "soon"}, "", None),
        ({"retry-after": "-5"}, "", None),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, "", 0),
    ],
)
def test_every_way_to_say_when_is_read(headers: dict[str, str], words: str, seconds: float | None):
    assert retry_after_s(headers, words) == seconds
