"""STORM on a scripted model, with a search of its own."""

from collections.abc import AsyncIterator

import pytest

from tests.engine.harness import Harness
from tests.engine.patterns.storm.world import Model, Search, searching
from tests.engine.scripted import Provider


@pytest.fixture
def model(provider: Provider) -> Model:
    return Model(provider)


@pytest.fixture
async def search(engine: Harness) -> AsyncIterator[Search]:
    async with searching() as (found, secrets):
        engine.secrets = secrets
        yield found
