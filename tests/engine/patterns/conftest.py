"""Tools that plans of tests call, and an engine on the simulator."""

from collections.abc import AsyncIterator

import pytest

from runs.engine import tokens
from runs.engine.tools.registry import TOOLS
from tests.engine.harness import Harness
from tests.engine.patterns.planned import Slow, broken, echo, tool
from tests.engine.patterns.simulated import Traffic, simulator


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def planned_tools(monkeypatch: pytest.MonkeyPatch, slow: Slow) -> None:
    for name, run in (("echo", echo), ("slow", slow), ("broken", broken)):
        monkeypatch.setitem(TOOLS, name, tool(name, run))


@pytest.fixture
def traffic() -> Traffic:
    """What the provider has to do."""
    return Traffic()


@pytest.fixture
async def simulated(traffic: Traffic) -> AsyncIterator[Harness]:
    tokens.count("")  # its tables are loaded once a process, which is no part of a cancel
    async with simulator(traffic) as url:
        harness = Harness(url, as_openai=True)
        harness.secrets = {"search_url": url.replace("/v1", "/sim/search")}
        yield harness
        await harness.model.close()
