"""The scripted provider, and an engine on it."""

from collections.abc import AsyncIterator

import pytest

from tests.engine.harness import Harness
from tests.engine.scripted import Provider


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
