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
        ({"error": True, "message": "No such tool"}, "No such tool"),
        ({"base_resp": {"status_code": 1004, "status_msg": "login fail"}}, "login fail"),
        ({"error_code": 336003, "error_msg": "too many"}, "too many"),
        ({"errors": {"messages": ["may not be empty"]}}, "may not be empty"),
        ({"fault": {"faultstring": "Quota", "detail": {"errorcode": "x"}}}, "Quota"),
        (
            {"error": {"message": "Provider returned error", "metadata": {"raw": "no tools"}}},
            "no tools",
        ),
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
        "github_pat_11ABC_def456",
        "glpat-abcdefgh12345678",
        "user_2abcDEF0123456789",
        "ABSKQmVkcm9ja0FQSUtleS1abc123",
    ],
)
def test_keys_of_every_form_are_hidden(secret: str):
    told = redacted(f"Incorrect key provided: {secret}. Authorization: Bearer {secret}")
    assert secret not in told
    assert told.startswith("Incorrect key provided: ")


@pytest.mark.parametrize(
    "words",
    ["https://ada:hunter22@host/v1", "/v1?key=hunter22", "Authorization: Basic aHVudGVyMjI6"],
)
def test_keys_in_addresses_and_headers_are_hidden(words: str):
    assert "hunter22" not in redacted(words)
    assert "aHVudGVyMjI6" not in redacted(words)


def test_the_sites_own_key_is_hidden_whatever_its_form():
    assert "hunter2-hunter" not in redacted("bad key hunter2-hunter", ["hunter2-hunter"])


@pytest.mark.parametrize(
    "words",
    ["max_completion_tokens is too large: 4096", "model llama-3.1-8b-instant does not exist"],
)
def test_ordinary_words_stay(words: str):
    assert redacted(words) == words
