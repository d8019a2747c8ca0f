"""Errors inside an answer in spellings other than an object under `error`; text stays clean."""

import pytest

from runs.engine.provider.sdk_errors import within_answer
from runs.engine.provider.stream import StreamReader
from tests.engine.provider.shapes import DONE, TEXT, call, data, delta

SPELLINGS = {
    "vLLM's": (data({"object": "error", "message": "no such model", "code": 404}), "not_found"),
    "typed": (data({"type": "error", "message": "no such model", "code": "404"}), "not_found"),
    "FastAPI's": (data({"detail": "no such model", "code": 404}), "not_found"),
    "Gemini's list": (b'[{"error": {"code": 404, "message": "no such model"}}]', "not_found"),
    "MiniMax's": (
        data({"choices": None, "base_resp": {"status_code": 404, "status_msg": "no such model"}}),
        "not_found",
    ),
    "Baidu's": (data({"error_code": 404, "error_msg": "no such model"}), "not_found"),
    "Cloudflare's": (
        data({"success": False, "errors": [{"code": 404, "message": "no such model"}]}),
        "not_found",
    ),
    "Zhipu's": (data({"code": 404, "msg": "no such model", "success": False}), "not_found"),
    "a bare message": (data({"message": "no such model: not found"}), "not_found"),
    "an empty error": (data({"error": {}, "message": "no such model", "code": 404}), "not_found"),
    "in the delta": (
        data({"choices": [{"delta": {"error": {"code": 404, "message": "no such model"}}}]}),
        "not_found",
    ),
    "under its status": (
        data({"error": {"status_code": 404, "message": "no such model"}}),
        "not_found",
    ),
    "llama.cpp's": (b'error: {"code": 404, "message": "no such model"}\n\n', "not_found"),
    "words": (b"data: no such model: not found\n\n", "not_found"),
    "words in a JSON text": (data("no such model: not found"), "not_found"),
    "in the choice": (
        data({"choices": [{"delta": {}, "error": {"code": 404, "message": "no such model"}}]})
        + DONE,
        "not_found",
    ),
}


@pytest.mark.parametrize(("raw", "code"), SPELLINGS.values(), ids=list(SPELLINGS))
def test_each_is_the_providers_error_in_its_words(raw: bytes, code: str):
    reader = StreamReader()
    reader.feed(raw)
    reader.end()
    assert reader.reply() is None
    error = within_answer(reader.error, "a-secret")
    assert (error.code, "no such model" in error.message) == (code, True)


def test_news_between_the_chunks_are_no_error():
    reader = StreamReader()
    reader.feed(data({"type": "status", "message": "searching"}) + data({"object": "x"}) + TEXT)
    assert reader.error is None


def test_what_was_received_can_be_counted_whatever_came():
    half = data(
        rb'{"choices":[{"delta":{"tool_calls":[{"id":"a","function":{"name":"x\ud83d"}}]}}]}'
    )
    reader = StreamReader()
    reader.feed(half + delta({"tool_calls": [call(None, "{", index=0)]}))
    reader.received.encode()
