"""The `mcp` package's client on the site's own MCP server, in both versions of the protocol."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal

import httpx2
from mcp.client import Client
from mcp.client.extension import ClaimContext, ClientExtension, ResultClaim
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, Request, RequestParams, Result
from pydantic import ConfigDict

from tests.mcp_messages import LEGACY, MODERN, message, reply_in

TASKS = "io.modelcontextprotocol/tasks"
VERSIONS = {LEGACY: "legacy", MODERN: MODERN}


@asynccontextmanager
async def connected(
    url: str, key: str, version: str, *, scheme: str = "Bearer", **options: Any
) -> AsyncIterator[Client]:
    """A client with this API key that speaks this version."""
    headers = {"Authorization": f"{scheme} {key}"}
    async with (
        httpx2.AsyncClient(verify=False, headers=headers, timeout=300) as http,
        Client(
            streamable_http_client(f"{url}/mcp", http_client=http),
            mode=VERSIONS[version],
            **options,
        ) as client,
    ):
        assert client.protocol_version == version
        yield client


class Loose(Result):
    """Any result, with all that it has."""

    model_config = ConfigDict(extra="allow")

    @property
    def fields(self) -> dict[str, Any]:
        return dict(self.model_extra or {})


class Params(RequestParams):
    """Any parameters."""

    model_config = ConfigDict(extra="allow")


async def ask(client: Client | ClaimContext, method: str, **params: Any) -> dict[str, Any]:
    """Send a request of an extension, and give what came back."""
    request = Request[Params, str](method=method, params=Params(**params))
    answer = await client.session.send_request(request, Loose)
    return answer.fields


class TaskResult(Result):
    """A task in place of a result."""

    model_config = ConfigDict(extra="allow")
    result_type: Literal["task"] = "task"


class Tasks(ClientExtension):
    """A client that takes tasks, and polls them to their end."""

    identifier = TASKS

    def claims(self) -> Sequence[ResultClaim[Any]]:
        return [ResultClaim(result_type="task", model=TaskResult, resolve=self._end)]

    async def _end(self, task: TaskResult, context: ClaimContext) -> CallToolResult:
        assert task.model_extra
        done = await polled(context, task.model_extra["taskId"], "completed", "cancelled")
        return CallToolResult.model_validate(done["result"])


async def submit_as_task(client: Client, url: str, key: str, arguments: Any) -> dict[str, Any]:
    """A submit that is a task, as its client's version asks for one."""
    if client.protocol_version == MODERN:
        task = await client.session.call_tool("submit_task", arguments, allow_claimed=True)
        assert isinstance(task, TaskResult)
        return dict(task.model_extra or {})
    # The library takes no task of 2025 for a result.
    body, headers = message(LEGACY, "tools/call", name="submit_task", arguments=arguments, task={})
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    sent |= {"authorization": f"Bearer {key}", "accept": "application/json, text/event-stream"}
    async with httpx2.AsyncClient(verify=False, timeout=300) as http:
        answer = await http.post(f"{url}/mcp", json=body, headers=sent)
    created: dict[str, Any] = reply_in(answer)["result"]["task"]
    return created


async def polled(client: Client | ClaimContext, task_id: str, *states: str) -> dict[str, Any]:
    """Ask for a task until it is in one of these states."""
    while True:
        task = await ask(client, "tasks/get", taskId=task_id)
        if task["status"] in states:
            return task
        await asyncio.sleep(0.2)
