"""Runs that call tools of MCP servers, executed by a worker."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest

from runs.models import Run, Step
from runs.models.tools import ForbiddenTool, McpServer
from runs.states import Status
from tests.flows.model_server import DONE, Way, chunk, delta, usage
from tests.mcp_server import LEGACY, MODERN, Site, mcp_server
from tests.runs.mcp.servers import set_up
from tests.stack import wait_for

pytestmark = pytest.mark.usefixtures("no_worker")
MODEL = "m-tools"
PRICE = {"input": "1", "output": "1"}


def calling(*calls: tuple[str, str]) -> Way:
    """A model that makes these calls, a turn each, and then answers."""
    turns = iter([*calls, None])

    def way(cap: int) -> Iterator[bytes]:
        call = next(turns)
        if call:
            function = {"name": call[0], "arguments": call[1]}
            asked = [{"index": 0, "id": uuid4().hex, "type": "function", "function": function}]
            yield delta(MODEL, tool_calls=asked)
            yield delta(MODEL, finish="tool_calls")
        else:
            yield delta(MODEL, finish="stop", content="Done.")
        yield chunk(MODEL, usage=usage(10, 5))
        yield DONE

    return way


@contextmanager
def server_with_tools(*, legacy: bool = False) -> Iterator[tuple[Site, McpServer]]:
    with mcp_server(legacy=legacy) as site:
        server = set_up(site, key=f"w{uuid4().hex[:8]}", trusted=True)
        server.tools.filter(name="hang").update(effect_by_staff="read")
        yield site, server
        server.delete()


@pytest.fixture
def run_with(served: Callable[..., Any], submit: Callable[..., Run]) -> Callable[..., Run]:
    """Submits a run whose model makes these calls."""

    def start(*calls: tuple[str, str]) -> Run:
        served({MODEL: calling(*calls)}, {MODEL: PRICE})
        names = list(dict.fromkeys(name for name, _ in calls))
        return submit("Use your tools", model=MODEL, tools=names)

    return start


def results(run: Run) -> list[dict[str, str]]:
    tools = Step.objects.filter(run=run, kind=Step.Kind.TOOL).order_by("id")
    return [step.response or {} for step in tools]


@pytest.mark.parametrize("legacy", [False, True], ids=[MODERN, LEGACY])
def test_a_run_calls_tools_in_one_session(run_with, ended, legacy: bool) -> None:
    with server_with_tools(legacy=legacy) as (site, server):
        site.asked.clear()
        add = f"{server.key}__add"
        run = ended(run_with((add, '{"a": 1, "b": 2}'), (add, '{"a": 3, "b": 4}')))

        assert (run.status, run.answer) == (Status.SUCCEEDED, "Done."), run.error
        assert [result["text"] for result in results(run)] == ["3", "7"]
        assert site.methods.count("tools/call") == 2
        assert site.methods.count("server/discover") == 1
        assert site.methods.count("DELETE") == legacy
        assert {headers["authorization"] for _, _, headers in site.asked} == {"Bearer s3cret"}


def test_a_server_that_dies_and_a_tool_that_is_forbidden_end_no_run(run_with, ended) -> None:
    with server_with_tools() as (_, server):
        forget, name = f"{server.key}__forget", f"{server.key}__add"
        McpServer.objects.filter(pk=server.pk).update(url="http://127.0.0.1:9/mcp")
        server.tools.filter(name="forget").update(effect_by_staff="read")
        ForbiddenTool.objects.filter(name="calculator").delete()
        run = run_with(
            (name, '{"a": 1, "b": 2}'),
            (forget, '{"what": "x"}'),
            (name, '{"a": "x"}'),
            ("calculator", '{"expression": "6*7"}'),
        )
        server.tools.filter(name="forget").update(allowed=False)
        forbidden = ForbiddenTool.objects.create(name="calculator", reason="Think.")
        try:
            ended(run)
        finally:
            forbidden.delete()

    found = results(run)
    assert run.status == Status.SUCCEEDED, run.error
    assert [result["code"] for result in found] == [
        "refused",
        "forbidden",
        "bad_arguments",
        "forbidden",
    ]
    assert "can't be reached" in found[0]["text"]
    assert "Think." in found[3]["text"]


def test_a_cancel_in_the_middle_of_a_call_ends_the_run_soon(run_with, ended, api) -> None:
    with server_with_tools() as (site, server):
        run = run_with((f"{server.key}__hang", "{}"))
        assert site.hanging.wait(240)
        assert api.post(f"/api/v1/runs/{run.pk}/cancel/").status_code in (200, 202)
        ended(run)
        assert run.status == Status.CANCELLED
        assert site.cancelled.wait(50)


def test_a_tool_that_may_change_something_waits_for_its_owner(run_with, ended, api) -> None:
    with server_with_tools() as (site, server):
        run = run_with((f"{server.key}__forget", '{"what": "it"}'))
        address = f"/api/v1/runs/{run.pk}/"
        wait_for(lambda: api.get(address).json()["status"] == "awaiting_approval")
        assert "tools/call" not in site.methods
        (asked,) = api.get(address).json()["awaiting"]["steps"]
        word = {"step": asked["key"], "approved": True}
        assert api.post(f"{address}approve/", word, format="json").status_code == 202
        ended(run)

        assert [result["text"] for result in results(run)] == ["it is gone."]
        (call,) = (body for body in site.bodies if body.get("method") == "tools/call")
        step = Step.objects.get(run=run, kind=Step.Kind.TOOL)
        assert call["params"]["_meta"]["io.agentsite/idempotency-key"] == step.request["effect_id"]
