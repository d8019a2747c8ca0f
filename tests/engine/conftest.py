"""The scripted provider, the simulator, and an engine on each."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.agentsite.simulator_process import Process
from tests.engine.harness import Harness
from tests.engine.provider import Provider


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    scripted = Provider()
    runner = await scripted.serve()
    yield scripted
    await runner.cleanup()


@pytest.fixture
async def engine(provider: Provider) -> AsyncIterator[Harness]:
    harness = Harness(provider.url)
    yield harness
    await harness.model.close()


@pytest.fixture(scope="package")
def simulator() -> Iterator[Process]:
    process = Process()
    yield process
    process.stop()
