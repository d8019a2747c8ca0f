"""Fixtures of the simulator's tests: more simulators, and the official SDK to ask one."""

import time
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from openai import AsyncOpenAI

from tests.simulator.process import Process


@pytest.fixture
def start() -> Iterator[Callable[..., Process]]:
    """Start simulators that end with the test."""
    started: list[Process] = []

    def start_one(*options: str) -> Process:
        started.append(Process(*options))
        return started[-1]

    yield start_one
    for process in started:
        if process.popen.poll() is None:
            process.stop()


@pytest.fixture
async def sdk(simulator: Process) -> AsyncIterator[AsyncOpenAI]:
    async with simulator.client() as opened:
        yield opened


@pytest.fixture
def task(request: pytest.FixtureRequest) -> str:
    """A task of this test's own, so that its rows and counts are its own."""
    return f"Explain {request.node.name} number {time.monotonic_ns()}."
