"""One running simulator, and how to ask it: shared by the tests of the simulator."""

import asyncio
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from openai import AsyncOpenAI, DefaultAsyncHttpxClient

ROOT = Path(__file__).parents[2]
Body = dict[str, Any]
CALCULATOR = {
    "type": "function",
    "function": {
        "name": "calculator",
        "parameters": {
            "type": "object",
            "properties": {"expression": {"type": "string"}},
            "required": ["expression"],
        },
    },
}
CLOCK = {
    "type": "function",
    "function": {
        "name": "current_time",
        "parameters": {
            "type": "object",
            "properties": {"timezone": {"type": "string"}},
            "required": ["timezone"],
        },
    },
}


class Process:
    """One running simulator."""

    def __init__(self, *options: str, show_ledger: bool = True) -> None:
        command = [sys.executable, "-m", "agentsite.simulator", "--port", "0"]
        command += ["--show-ledger"] if show_ledger else []
        fast = ["--first-token-s", "0", "--tokens-per-s", "0"]
        self.popen = subprocess.Popen(
            [*command, *fast, *options], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert self.popen.stdout is not None
        ready = re.fullmatch(r"simulator on (http://\S+)/v1\n", self.popen.stdout.readline())
        assert ready is not None
        self.url = ready[1]

    def client(self, key: str = "any") -> AsyncOpenAI:
        # Plain HTTP: without certificates to load, a client is made in 2 ms, not 40.
        http = DefaultAsyncHttpxClient(verify=False)
        return AsyncOpenAI(base_url=f"{self.url}/v1", api_key=key, max_retries=0, http_client=http)

    def stop(self) -> int:
        self.popen.send_signal(signal.SIGTERM)
        assert self.popen.stdout is not None
        self.popen.stdout.close()
        return self.popen.wait(timeout=60)


async def get(url: str) -> Any:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return await response.json()


async def rows(simulator: Process, match: str) -> list[Body]:
    """The ledger's rows of a task."""
    async with aiohttp.ClientSession() as session:
        address = f"{simulator.url}/sim/ledger"
        async with session.get(address, params={"match": match}) as response:
            found: list[Body] = await response.json()
            return found


async def row_when_written(simulator: Process, match: str) -> Body:
    """The task's one row, as soon as it is there."""
    for _ in range(4500):
        if found := await rows(simulator, match):
            assert len(found) == 1
            return found[0]
        await asyncio.sleep(0.02)
    raise AssertionError("the ledger has no row")


def asking(task: str, **more: Any) -> Body:
    return {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": task}]} | more


async def streamed(sdk: AsyncOpenAI, **body: Any) -> list[Any]:
    """Every chunk of a streamed answer, the one with the usage last."""
    options = {"include_usage": True}
    stream: Any = await sdk.chat.completions.create(**body, stream=True, stream_options=options)  # type: ignore[call-overload]
    return [chunk async for chunk in stream]


def text_of(chunks: list[Any]) -> str:
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)


async def answered(client: AsyncOpenAI, **body: Any) -> Any:
    return (await client.chat.completions.create(**body)).choices[0]


def is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True
