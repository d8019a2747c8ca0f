"""Tools of a real MCP server, over both versions of the protocol."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from runs.engine.clock import SystemClock
from runs.engine.tools.mcp.connections import Connections
from runs.engine.tools.mcp.declared import Declared
from runs.engine.tools.mcp.listing import list_tools
from runs.engine.tools.mcp.server import Server
from runs.engine.tools.registry import ToolBox
from runs.engine.tools.tool import Outcome, ToolContext, ToolError
from tests.mcp_server import LEGACY, MODERN, Site, mcp_server
from tests.pace import LoopTime


@pytest.fixture(scope="module", params=[MODERN, LEGACY])
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    with mcp_server(legacy=request.param == LEGACY) as served:
        yield served


@pytest.fixture(autouse=True)
def _afresh(site: Site) -> None:
    site.asked.clear()
    site.bodies.clear()
    site.connections.clear()
    site.cancelled.clear()


def server_of(site: Site) -> Server:
    return Server("w", site.url, token="s3cret", internal=True)


class Run:
    """The connections of one run, and its tools as they were listed."""

    def __init__(self, site: Site) -> None:
        self.server = server_of(site)
        self.connections = Connections(self.find)

    async def find(self, key: str) -> Server:
        assert key == "w"
        return self.server

    async def __aenter__(self) -> "Run":
        listing = await list_tools(self.server)
        declared = {
            f"w__{tool.name}": Declared(
                "w", tool.name, tool.label, tool.description, tool.schema, tool.output_schema
            ).kept()
            for tool in listing.tools
        }
        self.box = ToolBox(declared, declared)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.connections.__aexit__()

    async def call(self, tool: str, **arguments: Any) -> Outcome:
        context = ToolContext(SystemClock(), servers=self.connections, effect_id="e-1")
        return await self.box.run(f"w__{tool}", arguments, context)


async def test_the_list_has_schemas_hints_and_the_protocol(site: Site):
    listing = await list_tools(server_of(site))
    tools = {tool.name: tool for tool in listing.tools}
    assert listing.protocol in (MODERN, LEGACY)
    assert listing.protocol == LEGACY or "server/discover" in site.methods
    assert tools["add"].label == "Add numbers"
    assert tools["add"].schema["properties"]["a"]["type"] == "integer"
    assert [name for name, tool in tools.items() if tool.reads] == ["add", "weather"]
    assert {tool.fault for tool in tools.values()} == {""}


async def test_a_run_opens_one_session_and_closes_it(site: Site):
    async with Run(site) as run:
        site.asked.clear()
        site.connections.clear()
        outcomes = await asyncio.gather(*(run.call("add", a=1, b=n) for n in range(4)))
        assert [outcome.text for outcome in outcomes] == ["1", "2", "3", "4"]
        connections = len(site.connections)
        for n in range(5):
            assert (await run.call("add", a=1, b=n)).ok
        assert len(site.connections) == connections <= 6
        opened = [m for m in site.methods if m in ("server/discover", "initialize")]
        assert opened in (["server/discover"], ["server/discover", "initialize"])
    if "initialize" in opened:
        assert site.methods[-1] == "DELETE"


async def test_requests_say_what_they_are_and_carry_the_token(site: Site):
    async with Run(site) as run:
        await run.call("add", a=1, b=2)
    place = next(n for n, method in enumerate(site.methods) if method == "tools/call")
    _, name, headers = site.asked[place]
    assert name == "add"
    assert headers["authorization"] == "Bearer s3cret"
    assert headers["mcp-protocol-version"] in (MODERN, LEGACY)
    if headers["mcp-protocol-version"] == MODERN:
        assert (headers["mcp-method"], headers["mcp-name"]) == ("tools/call", "add")
        assert "mcp-session-id" not in headers
    else:
        assert headers["mcp-session-id"]
    meta = site.bodies[place]["params"]["_meta"]
    assert meta["io.agentsite/idempotency-key"] == "e-1"


@pytest.mark.parametrize(
    ("tool", "arguments", "text"),
    [
        ("weather", {"city": "Ulm"}, '{"city":"Ulm","degrees":21.5}'),
        ("picture", {}, "A cat.\n\n[image image/png: not shown]"),
        ("forget", {"what": "it"}, "it is gone."),
    ],
)
async def test_results_are_texts_and_data(site: Site, tool: str, arguments: Any, text: str):
    async with Run(site) as run:
        assert await run.call(tool, **arguments) == Outcome(text)


async def test_what_a_tool_refuses_is_an_observation(site: Site):
    async with Run(site) as run:
        outcome = await run.call("fail")
    assert (outcome.code, "fail" in outcome.text) == ("refused", True)


async def test_a_question_for_its_user_is_refused(site: Site):
    async with Run(site) as run:
        outcome = await run.call("ask")
        assert outcome.code == "refused"
        assert (await run.call("add", a=1, b=2)).ok


async def test_a_cancel_ends_a_call_soon_and_other_calls_go_on(site: Site):
    async with Run(site) as run:
        await run.call("add", a=1, b=2)
        calling = asyncio.create_task(run.call("hang"))
        assert await asyncio.to_thread(site.hanging.wait, 90)
        calling.cancel()
        async with LoopTime() as since:
            with pytest.raises(asyncio.CancelledError):
                await calling
            assert since.seconds < 0.5
        assert (await run.call("add", a=1, b=2)).ok
        assert await asyncio.to_thread(site.cancelled.wait, 50)


async def test_a_run_that_is_cancelled_in_mid_call_ends_soon(site: Site):
    async def work() -> None:
        async with Run(site) as run:
            await run.call("hang")

    working = asyncio.create_task(work())
    assert await asyncio.to_thread(site.hanging.wait, 90)
    working.cancel()
    async with LoopTime() as since:
        with pytest.raises(asyncio.CancelledError):
            await working
        assert since.seconds < 1


async def test_a_server_that_may_no_longer_be_asked_is_an_observation(site: Site):
    async with Run(site) as run:
        await run.call("add", a=1, b=2)

        async def gone(key: str) -> Server:
            raise ToolError("It is switched off.")

        run.connections._find = gone
        assert (await run.call("add", a=1, b=2)).text == "It is switched off."
