"""Answers of odd endpoints over real HTTP: what comes of the run, and what is charged."""

import gzip
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest

from runs.engine.provider.dialects.memory import MemoryDialects
from runs.engine.types import Usage
from tests.engine.harness import Harness
from tests.engine.provider.raw_provider import Bytes, RawProvider
from tests.engine.provider.shapes import DONE, TEXT, data, delta, tail

GOOD = Bytes([TEXT])


@asynccontextmanager
async def endpoint(*script: Bytes, **options: Any) -> AsyncIterator[tuple[Harness, RawProvider]]:
    """The engine on a provider that plays these answers."""
    provider = RawProvider()
    server = await provider.serve()
    provider.script = list(script)
    engine = Harness(provider.url, **options)
    try:
        yield engine, provider
    finally:
        await engine.model.close()
        server.close()


def whole(body: object, status: int = 200, **headers: str) -> Bytes:
    return Bytes([orjson.dumps(body)], status, headers, "application/json")


async def test_a_whole_answer_in_place_of_a_stream_is_the_answer():
    body = {
        "choices": [{"message": {"content": "42"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20},
    }
    async with endpoint(whole(body)) as (engine, _):
        assert (await engine.run()).answer == "42"
        (end,) = engine.ends
        assert (end.usage, end.confidence) == (Usage(100, 0, 20), "exact")


@pytest.mark.parametrize("name", ["gzip", "deflate"])
async def test_an_encoded_answer_is_decoded(name: str):
    raw = gzip.compress(TEXT) if name == "gzip" else zlib.compress(TEXT)
    answer = Bytes([raw[:20], 0.05, raw[20:]], headers={"Content-Encoding": name})
    async with endpoint(answer) as (engine, _):
        assert (await engine.run()).answer == "42"
        assert [end.confidence for end in engine.ends] == ["exact"]


async def test_an_encoded_error_is_told():
    raw = gzip.compress(b'{"error": {"message": "no such tool"}}')
    answer = Bytes([raw], 400, {"Content-Encoding": "gzip"}, "application/json")
    async with endpoint(answer) as (engine, _):
        assert (await engine.run()).error == {"code": "bad_request", "message": "no such tool"}


@pytest.mark.parametrize(
    ("first", "code", "requests"),
    [
        (Bytes([data({"error": {"code": 400, "message": "no"}})]), "bad_request", 1),
        (Bytes([b"event: error\n" + data({"code": 401, "message": "no"})]), "authentication", 1),
        (whole({"error": {"code": 402, "message": "no"}}), "insufficient_quota", 1),
        (whole({"error": {"code": 429, "message": "no"}}), "rate_limited", 3),
        (Bytes([b'{"error":"model runner has stopped"}\n']), "provider_error", 3),
        (Bytes([delta({"role": "assistant"}), delta({}, "error")]), "provider_error", 3),
        (Bytes([delta({"role": "assistant"})]), "stream_cut", 3),
    ],
)
async def test_an_error_before_any_output_costs_nothing(first: Bytes, code: str, requests: int):
    async with endpoint(first, first, first) as (engine, provider):
        result = await engine.run()
        assert result.error is not None
        assert result.error["code"] == code
        assert len(provider.requests) == requests
        assert {end.usage for end in engine.ends} == {None}


@pytest.mark.parametrize(
    "refused",
    [
        data({"error": {"code": 400, "message": "unsupported: max_completion_tokens"}}),
        orjson.dumps({"error": {"code": 400, "message": "unsupported: max_completion_tokens"}}),
    ],
)
async def test_a_refusal_inside_an_answer_teaches_as_well(refused: bytes):
    async with endpoint(Bytes([refused]), GOOD, GOOD) as (engine, provider):
        assert (await engine.run()).answer == "42"
        assert [end.confidence for end in engine.ends] == ["exact"]
        engine.forget()
        await engine.run()
        asked = ["max_tokens" in body for body in provider.requests]
        assert asked == [False, True, True]


async def test_a_rule_that_an_answer_refuses_again_is_not_kept():
    refused = Bytes([data({"error": {"code": 400, "message": "stream_options: no"}})])
    dialects = MemoryDialects()
    async with endpoint(refused, refused, dialects=dialects) as (engine, _):
        assert (await engine.run()).status == "failed"
    assert dialects.known("m-1").rules == set()


async def test_the_answer_after_a_refusal_may_be_lost():
    refused = Bytes([data({"error": {"code": 400, "message": "stream_options: no"}})])
    lost = Bytes([delta({"role": "assistant"})], ends=False)
    async with endpoint(refused, lost, GOOD) as (engine, _):
        assert (await engine.run()).answer == "42"
        assert [end.confidence for end in engine.ends] == ["estimated", "exact"]


async def test_an_error_in_mid_stream_costs_what_came_and_no_more():
    broken = Bytes([delta({"content": "one two three"}), data({"error": {"code": 502}})])
    async with endpoint(broken, GOOD) as (engine, _):
        assert (await engine.run()).answer == "42"
        first = engine.ends[0]
        assert (first.status, first.confidence) == ("failed", "estimated")
        assert first.usage is not None
        assert first.usage.output == 3


async def test_a_count_that_follows_an_error_is_charged():
    count = data({"usage": {"prompt_tokens": 100, "completion_tokens": 7}, "choices": []})
    broken = Bytes([delta({"content": "one"}), delta({}, "error"), 0.05, count, DONE])
    async with endpoint(broken, GOOD) as (engine, _):
        await engine.run()
        assert (engine.ends[0].usage, engine.ends[0].confidence) == (Usage(100, 0, 7), "exact")


async def test_a_filter_that_refuses_the_prompt_is_a_refusal():
    refused = whole({"error": {"code": "content_filter", "message": "The prompt"}}, 400)
    async with endpoint(refused) as (engine, provider):
        result = await engine.run()
        assert (result.stop_reason, len(provider.requests)) == ("refused", 1)
        assert result.error is not None
        assert result.error["code"] == "refused"


async def test_who_asks_for_hours_of_patience_is_told_so_at_once():
    busy = whole({"error": {"message": "later"}}, 429, **{"Retry-After": "21600"})
    async with endpoint(busy) as (engine, provider):
        result = await engine.run()
        assert result.error is not None
        assert result.error["code"] == "rate_limited"
        assert "again at 20" in str(result.error["message"])
        assert len(provider.requests) == 1


async def test_a_redirect_on_the_same_host_is_followed():
    moved = Bytes([], 307, {"Location": "/v2/chat/completions"})
    async with endpoint(moved, GOOD) as (engine, provider):
        assert (await engine.run()).answer == "42"
        assert provider.paths == ["/v1/chat/completions", "/v2/chat/completions"]
        assert provider.requests[0] == provider.requests[1]


@pytest.mark.parametrize("target", ["http://other.example/v1", "http://127.0.0.1:9/v1"])
async def test_the_key_follows_no_redirect_elsewhere(target: str):
    async with endpoint(Bytes([], 308, {"Location": target})) as (engine, provider):
        result = await engine.run()
        assert result.error is not None
        assert result.error["code"] == "redirected"
        assert target.split("/")[2].split(":")[0] in str(result.error["message"])
        assert len(provider.requests) == 1


async def test_signs_of_life_without_output_are_silence():
    silent = Bytes([part for _ in range(40) for part in (b": processing\n\n", 0.05)])
    async with endpoint(silent, GOOD, read_timeout_s=1) as (engine, _):
        assert (await engine.run()).answer == "42"
        error = engine.ends[0].error
        assert error is not None
        assert error["code"] == "timeout"


async def test_a_slow_answer_is_not_silence():
    pieces = [delta({"content": piece}) for piece in "42"] + [delta({"reasoning": "so"})] * 3
    slow = Bytes([part for piece in pieces for part in (piece, 0.3)] + [tail()])
    async with endpoint(slow, read_timeout_s=1) as (engine, _):
        assert (await engine.run()).answer == "42"
        assert len(engine.ends) == 1


async def test_thinking_is_kept_apart():
    thought = delta({"content": "<think>six times"}) + delta({"content": " seven</think>\n\n"})
    async with endpoint(Bytes([thought, TEXT])) as (engine, _):
        assert (await engine.run()).answer == "42"
        (end,) = engine.ends
        assert end.reply is not None
        assert end.reply.thinking == "six times seven"
        assert engine.live.seen == "42"
