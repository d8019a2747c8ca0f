"""The connection: reads are coalesced, connections are used again, the usual errors are raised."""

import asyncio
import time
from pathlib import Path

import aiohttp
import httpx2
import pytest

from runs.engine.provider.transport import CoalescingTransport, usual_errors
from tests.engine.harness import Harness
from tests.engine.scripted import Provider, Say


async def test_small_chunks_are_gathered(provider: Provider):
    engine = Harness(provider.url, coalesce_s=0.2)
    provider.script = [Say(pieces=("word ",) * 200, pause_s=0.001)]
    pieces: list[str] = []
    engine.live.text = lambda key, attempt, text: pieces.append(text)  # type: ignore[method-assign]
    began = time.monotonic()
    result = await engine.run()
    reads = (time.monotonic() - began) / 0.2
    assert result.answer == ("word " * 200).strip()
    # The first few pauses are shorter.
    assert len(pieces) <= reads + 6 < 40
    await engine.model.close()


async def test_the_first_words_come_at_once(provider: Provider):
    engine = Harness(provider.url, coalesce_s=3600)
    provider.script = [Say(pieces=("first",), hang=True)]
    running = asyncio.create_task(engine.run())
    async with asyncio.timeout(90):
        while not engine.live.seen:
            await asyncio.sleep(0.01)
        engine.stop.halt("cancelled")
        assert (await running).answer == "first"
    await engine.model.close()


async def test_an_answer_that_comes_whole_is_not_kept_waiting(provider: Provider):
    engine = Harness(provider.url, coalesce_s=3600)
    provider.script = [Say("whole", pause_s=0.01)]
    async with asyncio.timeout(90):
        assert (await engine.run()).answer == "whole"
    await engine.model.close()


async def test_a_connection_is_used_again(engine: Harness, provider: Provider):
    provider.script = [Say("a")] * 5
    for _ in range(5):
        await engine.run()
    assert len(provider.connections) == 1


async def test_proxies_of_the_environment_are_ignored(
    engine: Harness, provider: Provider, monkeypatch: pytest.MonkeyPatch
):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    provider.script = [Say("a")]
    assert (await engine.run()).answer == "a"


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (aiohttp.ConnectionTimeoutError(), httpx2.ConnectTimeout),
        (aiohttp.SocketTimeoutError(), httpx2.ReadTimeout),
        (aiohttp.ServerDisconnectedError(), httpx2.RemoteProtocolError),
        (aiohttp.ClientPayloadError(), httpx2.RemoteProtocolError),
        (aiohttp.ClientOSError(), httpx2.ReadError),
        (ConnectionResetError(), httpx2.ReadError),
    ],
)
def test_errors_are_the_usual_ones(theirs: Exception, ours: type[Exception]):
    with pytest.raises(ours), usual_errors():
        raise theirs


async def test_a_refused_connection_is_a_connect_error(tmp_path: Path):
    async with httpx2.AsyncClient(transport=CoalescingTransport()) as client:
        with pytest.raises(httpx2.ConnectError):
            await client.get("http://127.0.0.1:1/")
