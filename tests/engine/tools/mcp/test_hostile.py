"""Servers that lie, hang, flood or die: each time the call is an observation, and others go on."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from runs.engine.clock import SystemClock
from runs.engine.tools.mcp.connections import Connections
from runs.engine.tools.mcp.declared import Declared
from runs.engine.tools.mcp.listing import MAX_TOOLS, list_tools
from runs.engine.tools.mcp.names import names
from runs.engine.tools.mcp.server import Server
from runs.engine.tools.registry import ToolBox
from runs.engine.tools.tool import Outcome, ToolContext, ToolError
from runs.engine.tools.web.places import place_fault
from tests.engine.tools.web.servers import serving
from tests.pace import LoopTime

VERSION = "2026-07-28"
TOOL = {"name": "t", "inputSchema": {"type": "object"}}
Answer = Callable[[web.BaseRequest, dict[str, Any]], Awaitable[web.StreamResponse]]


def complete(**result: Any) -> dict[str, Any]:
    return {"resultType": "complete", "ttlMs": 0, "cacheScope": "private", **result}


def reply(message: dict[str, Any], result: Any, **changes: Any) -> web.Response:
    whole = {"jsonrpc": "2.0", "id": message["id"], "result": result, **changes}
    return web.json_response(whole)


def text(said: str) -> dict[str, Any]:
    return {"resultType": "complete", "content": [{"type": "text", "text": said}]}


@asynccontextmanager
async def lying(answer: Answer, *tools: dict[str, Any]) -> AsyncIterator[Server]:
    """A server that is honest but for its answers to calls."""

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        message = json.loads(await request.read() or b"{}")
        if message.get("method") == "server/discover":
            found = {"supportedVersions": [VERSION], "capabilities": {"tools": {}}}
            return reply(message, complete(**found))
        if message.get("method") == "tools/list":
            return reply(message, complete(tools=[*tools] or [TOOL]))
        return await answer(request, message)

    async with serving(handler) as port:
        yield Server("s", f"http://127.0.0.1:{port}/mcp", internal=True)


async def called(
    server: Server, schema: dict[str, Any] | None = None, times: int = 1, timeout_s: float = 5
) -> list[Outcome]:
    """What calls of its tool bring, one after the other, beside a tool of ours."""

    async def find(key: str) -> Server:
        return server

    declared = {"s__t": Declared("s", "t", "T", "", {"type": "object"}, schema).kept()}
    box = ToolBox(["s__t", "calculator"], declared)
    outcomes = []
    async with Connections(find) as connections:
        context = ToolContext(SystemClock(), servers=connections)
        for _ in range(times):
            async with asyncio.timeout(timeout_s):
                outcomes.append(await box.run("s__t", {}, context))
        assert (await box.run("calculator", {"expression": "6*7"}, context)).text == "42"
    return outcomes


async def wrong_id(request: web.BaseRequest, message: dict[str, Any]) -> web.Response:
    return reply(message, text("for another"), id=999)


async def no_json(request: web.BaseRequest, message: dict[str, Any]) -> web.Response:
    return web.Response(text="{", content_type="application/json")


async def a_page(request: web.BaseRequest, message: dict[str, Any]) -> web.Response:
    return web.Response(text="<html>", content_type="text/html")


async def no_result(request: web.BaseRequest, message: dict[str, Any]) -> web.Response:
    return reply(message, {"resultType": "complete", "content": "a text"})


async def accepted(request: web.BaseRequest, message: dict[str, Any]) -> web.Response:
    return web.Response(status=202)


async def broken(request: web.BaseRequest, message: dict[str, Any]) -> web.Response:
    return web.Response(status=500, text="x" * 1000)


async def elsewhere(request: web.BaseRequest, message: dict[str, Any]) -> web.Response:
    return web.Response(status=307, headers={"Location": "http://127.0.0.1:9/mcp"})


async def large(request: web.BaseRequest, message: dict[str, Any]) -> web.Response:
    return reply(message, text("x" * 10_000_000))


async def packed(request: web.BaseRequest, message: dict[str, Any]) -> web.Response:
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    return web.Response(body=gzip.compress(b"x" * 10_000_000), headers=headers)


async def flood(request: web.BaseRequest, message: dict[str, Any]) -> web.StreamResponse:
    stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await stream.prepare(request)
    for _ in range(10_000):
        note = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"data": "x" * 1000}}
        await stream.write(b"data: " + json.dumps(note).encode() + b"\n\n")
    return stream


async def dies(request: web.BaseRequest, message: dict[str, Any]) -> web.StreamResponse:
    stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await stream.prepare(request)
    await stream.write(b": soon\n\n")
    assert request.transport
    request.transport.abort()
    return stream


async def cut(request: web.BaseRequest, message: dict[str, Any]) -> web.StreamResponse:
    assert request.transport
    request.transport.abort()
    return web.Response()


async def asks(request: web.BaseRequest, message: dict[str, Any]) -> web.Response:
    asked = {
        "method": "elicitation/create",
        "params": {"mode": "form", "message": "Your key?", "requestedSchema": {"type": "object"}},
    }
    wanted = {"resultType": "input_required", "inputRequests": {"a": asked}, "requestState": "s"}
    return reply(message, wanted)


@pytest.mark.parametrize(
    "answer",
    [
        *(wrong_id, no_json, a_page, no_result, accepted, broken, elsewhere),
        *(large, packed, flood, dies, cut, asks),
    ],
)
async def test_what_a_server_does_wrong_is_an_observation(answer: Answer):
    async with lying(answer) as server:
        outcomes = await called(server, times=2)
    assert {outcome.code for outcome in outcomes} <= {"refused", "unanswered"}
    assert all(len(outcome.text) < 700 for outcome in outcomes)


async def test_a_server_that_hangs_takes_no_longer_than_its_tool_may(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("runs.engine.tools.mcp.declared.TIMEOUT_S", 0.3)

    async def hang(request: web.BaseRequest, message: dict[str, Any]) -> web.Response:
        await asyncio.sleep(3600)
        return web.Response()

    async with lying(hang) as server, LoopTime() as since:
        (outcome,) = await called(server)
        assert since.seconds < 2
    assert outcome.code == "timeout"


async def test_a_server_that_is_gone_is_an_observation_and_asked_again_when_it_is_back():
    died: list[int] = []

    async def once(request: web.BaseRequest, message: dict[str, Any]) -> web.StreamResponse:
        if not died:
            died.append(1)
            return await cut(request, message)
        return reply(message, text("back"))

    async with lying(once) as server:
        first, second = await called(server, times=2)
    assert (first.ok, second) == (False, Outcome("back"))
    (outcome,) = await called(server)
    assert "can't be reached" in outcome.text


@pytest.mark.parametrize(
    ("result", "schema", "said"),
    [
        (
            {"structuredContent": {"n": "x"}},
            {"properties": {"n": {"type": "integer"}}},
            "doesn't fit",
        ),
        ({}, {"type": "object"}, "left out the data"),
        ({"structuredContent": {"n": 1}}, {"type": "object"}, ""),
        ({"isError": True, "structuredContent": 1}, {"type": "object"}, "it failed"),
    ],
)
async def test_a_result_has_to_fit_what_its_tool_promised(
    result: dict[str, Any], schema: dict[str, Any], said: str
):
    async def answer(request: web.BaseRequest, message: dict[str, Any]) -> web.Response:
        return reply(message, text("it failed") | result)

    async with lying(answer) as server:
        (outcome,) = await called(server, schema)
    assert (outcome.ok, said in outcome.text) == (not said, True)


@pytest.mark.parametrize(
    ("schema", "fault"),
    [
        ({"type": "object", "properties": {"a": {"type": "strin"}}}, "no JSON Schema"),
        ({"type": "object", "$ref": "http://127.0.0.1/x"}, "to the outside"),
        ({"type": "object", "description": "x" * 20_000}, "longer than"),
    ],
)
async def test_a_tool_whose_schema_is_no_use_says_why(schema: dict[str, Any], fault: str):
    async with lying(accepted, TOOL | {"inputSchema": schema}) as server:
        (tool,) = (await list_tools(server)).tools
    assert fault in tool.fault


async def test_only_so_many_tools_and_words_are_taken():
    many = [
        TOOL | {"name": f"t{n}", "description": f"a\n{'x' * 9000}"} for n in range(MAX_TOOLS + 2)
    ]
    async with lying(accepted, *many) as server:
        listing = await list_tools(server)
    assert (len(listing.tools), listing.left_out) == (MAX_TOOLS, 2)
    assert {len(tool.description) for tool in listing.tools} == {1000}


async def test_a_list_without_an_end_ends():
    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        message = json.loads(await request.read())
        if message["method"] == "server/discover":
            found = {"supportedVersions": [VERSION], "capabilities": {}}
            return reply(message, complete(**found))
        return reply(message, complete(tools=[TOOL], nextCursor="more", ttlMs=90_000))

    async with serving(handler) as port:
        listing = await list_tools(Server("s", f"http://127.0.0.1:{port}/", internal=True))
    assert (len(listing.tools), listing.left_out, listing.ttl_s) == (1, 1, 90.0)


async def test_what_is_no_server_has_no_list():
    async with serving(no_server) as port:
        with pytest.raises(ToolError):
            await list_tools(Server("s", f"http://127.0.0.1:{port}/", internal=True))


async def no_server(request: web.BaseRequest) -> web.Response:
    return web.Response(text="hello")


@pytest.mark.parametrize(
    ("url", "internal", "said"),
    [
        ("https://example.org/mcp", False, ""),
        ("https://example.org:8443/mcp", False, ""),
        ("http://example.org/mcp", False, "https"),
        ("http://tools:8000/mcp", True, ""),
        ("http://10.0.0.7/mcp", True, ""),
        ("https://10.0.0.7/mcp", False, "private"),
        ("https://127.0.0.1/mcp", False, "this machine"),
        ("https://169.254.169.254/mcp", True, "link-local"),
        ("https://168.63.129.16/mcp", True, "cloud"),
        ("https://tools/mcp", False, "name of this network"),
        ("https://db.example.net/mcp", False, "belongs to the site"),
        ("https://2130706433/mcp", False, "unusual"),
        ("https://a:b@example.org/mcp", False, "passwords"),
        ("ftp://example.org/mcp", True, "no web address"),
        ("nonsense", True, "no web address"),
    ],
)
def test_where_a_server_may_be(url: str, internal: bool, said: str):
    server = Server("s", url, internal=internal, closed_names=("example.net",))
    fault = place_fault(server.place)
    assert (bool(fault), said in fault) == (bool(said), True)


async def test_a_name_that_leads_into_the_network_is_refused():
    server = Server("s", "https://localhost.example.org/", closed_names=())
    with pytest.raises(ToolError, match="can't be reached"):
        await list_tools(server)


def test_names_are_such_as_models_may_call_and_never_the_same():
    found = list(names("s", ["a", "a b", "a_b", "a.b", "x" * 100, "x" * 101]))
    assert found[0] == "s__a"
    assert len(set(found)) == len(found)
    assert all(len(name) <= 64 and name.replace("_", "").isalnum() for name in found)


def test_a_token_is_not_shown():
    assert "s3cret" not in repr(Server("s", "https://example.org/", token="s3cret"))
