"""The bill that the simulator keeps outlives its process."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import orjson
import pytest
from openai import AsyncOpenAI

from tests.simulator.process import (
    Process,
    asking,
    get,
    rows,
)


async def test_the_ledger_is_read_from_an_id_on(
    simulator: Process, sdk: AsyncOpenAI, task: str
) -> None:
    for _ in range(3):
        await sdk.chat.completions.create(**asking(task))
    first, *later = await rows(simulator, task)
    newer = await get(f"{simulator.url}/sim/ledger?since={first['id']}")
    assert [row["id"] for row in newer] == [row["id"] for row in later]


async def test_the_calls_under_way_are_counted(
    simulator: Process, sdk: AsyncOpenAI, task: str
) -> None:
    address = f"{simulator.url}/sim/under-way?{urlencode({'match': task})}"
    body = asking(f"{task} [sim: rate=0.2]")
    async with await sdk.chat.completions.create(**body, stream=True) as stream:
        await anext(stream)
        assert await get(address) == {"calls": 1}
    while await get(address) != {"calls": 0}:
        await asyncio.sleep(0.02)


async def test_the_ledger_survives_a_kill(start: Callable[..., Process], tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    first = start("--ledger", str(file))
    async with first.client() as sdk:
        await sdk.chat.completions.create(**asking("Before the kill"))
    before = await rows(first, "Before")
    os.kill(first.popen.pid, signal.SIGKILL)
    first.popen.wait(timeout=60)
    with file.open("ab") as torn:
        torn.write(b'{"id": 99, "at')
    second = start("--ledger", str(file), "--allow-reset")
    assert await rows(second, "Before") == before
    async with second.client() as sdk:
        await sdk.chat.completions.create(**asking("After it"))
    (after,) = await rows(second, "After")
    assert after["id"] == before[0]["id"] + 1
    async with aiohttp.ClientSession() as session:
        await session.post(f"{second.url}/sim/reset")
    assert await rows(second, "") == []


async def test_the_ledger_is_only_reset_where_that_was_allowed(simulator: Process) -> None:
    address = f"{simulator.url}/sim/reset"
    async with aiohttp.ClientSession() as session, session.post(address) as response:
        assert response.status == 403


async def test_sigterm_ends_open_streams_and_bills_them(
    start: Callable[..., Process], tmp_path: Path
) -> None:
    file = tmp_path / "ledger.jsonl"
    process = start("--ledger", str(file))
    async with process.client() as sdk:
        stream = await sdk.chat.completions.create(
            **asking("Count [sim: chunks=5000 rate=50]"), stream=True
        )
        await anext(aiter(stream))
        code = await asyncio.to_thread(process.stop)
        await stream.close()
    (row,) = [orjson.loads(line) for line in file.read_bytes().splitlines()]
    assert code == 0
    assert 0 < row["completion_tokens"] < 500


async def test_the_ledger_is_shown_only_where_that_was_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    file.touch(mode=0o644)
    simulator = Process("--ledger", str(file), show_ledger=False)
    try:
        await simulator.client().chat.completions.create(**asking("a secret task"))

        assert (await get(f"{simulator.url}/sim/ledger"))["error"]["message"].startswith("Start")
        assert "a secret task" in file.read_text()
        assert file.stat().st_mode & 0o777 == 0o600
    finally:
        simulator.stop()


@pytest.mark.parametrize(
    ("host", "status"),
    [("evil.example", 400), ("evil.example:80", 400), ("localhost:1", 200), ("[::1]:80", 200)],
)
async def test_a_name_of_another_site_leads_nowhere(
    simulator: Process, host: str, status: int
) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{simulator.url}/v1/models", headers={"Host": host}) as response,
    ):
        assert response.status == status
