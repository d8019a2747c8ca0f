"""What a provider says in an error is told in its words, and no key is among them."""

import orjson
import pytest

from runs.engine.provider.words import redacted, words_of

DETAIL = [{"loc": ["body", "max_completion_tokens"], "msg": "Extra inputs", "type": "extra"}]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": {"message": "No such model", "code": "x"}}, "No such model"),
        (
            [{"error": {"code": 400, "message": "API key not valid.", "status": "BAD"}}],
            "API key not valid.",
        ),
        ({"error": "model 'x' not found"}, "model 'x' not found"),
        ({"detail": DETAIL}, "body.max_completion_tokens: Extra inputs"),
        (
            {"object": "error", "message": {"detail": DETAIL}},
            "body.max_completion_tokens: Extra inputs",
        ),
        ({"message": "Too long", "code": "3230"}, "Too long"),
        ({"errors": [{"message": "one"}, {"message": "two"}]}, "one; two"),
        ({"error": {"message": '{"error": {"message": "deep"}}'}}, "deep"),
        (b"plain words", "plain words"),
        (
            b"<html><head><title>502 Bad Gateway</title></head><body>x</body></html>",
            "502 Bad Gateway",
        ),
        (b"", ""),
        (None, ""),
        (17, ""),
    ],
)
def test_every_shape_has_its_words(body: object, message: str):
    assert words_of(body).message == message
    if not isinstance(body, bytes):
        assert words_of(orjson.dumps(body)).message == message


def test_codes_and_types_are_kept_as_they_are_spelled():
    words = words_of({"error": {"message": "no", "code": 429, "type": "insufficient_quota"}})
    assert words.kinds == ("429", "insufficient_quota")
    assert words.status == 429


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-abcdef123456",
        "sk-ant-api03-AbCdEf_0123",
        "AIzaSyA1234567890abcdefghijklmnopqrstuv",
        "gsk_a1B2c3D4e5F6g7H8",
        "xai-0123456789abcdef",
        "hf_AbCdEfGh0123456",
        "org-AbCd1234",
        "r8_0123456789abcdef",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-123",
        "0123456789abcdef0123456789abcdef",
    ],
)
def test_keys_of_every_form_are_hidden(secret: str):
    told = redacted(f"Incorrect key provided: {secret}. Authorization: Bearer {secret}")
    assert secret not in told
    assert told.startswith("Incorrect key provided: ")


def test_the_sites_own_key_is_hidden_whatever_its_form():
    assert "hunter2-hunter" not in redacted("bad key hunter2-hunter", ["hunter2-hunter"])


@pytest.mark.parametrize(
    "words",
    ["max_completion_tokens is too large: 4096", "model llama-3.1-8b-instant does not exist"],
)
def test_ordinary_words_stay(words: str):
    assert redacted(words) == words
