"""Errors inside an answer in spellings other than an object under `error`; text stays clean."""

import pytest

from runs.engine.provider.sdk_errors import within_answer
from runs.engine.provider.stream import StreamReader
from tests.engine.provider.shapes import DONE, call, data, delta

SPELLINGS = {
    "vLLM's": (data({"object": "error", "message": "no such model", "code": 404}), "not_found"),
    "typed": (data({"type": "error", "message": "no such model", "code": "404"}), "not_found"),
    "FastAPI's": (data({"detail": "no such model", "code": 404}), "not_found"),
    "Gemini's list": (b'[{"error": {"code": 404, "message": "no such model"}}]', "not_found"),
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


def test_what_was_received_can_be_counted_whatever_came():
    half = data(
        rb'{"choices":[{"delta":{"tool_calls":[{"id":"a","function":{"name":"x\ud83d"}}]}}]}'
    )
    reader = StreamReader()
    reader.feed(half + delta({"tool_calls": [call(None, "{", index=0)]}))
    reader.received.encode()
