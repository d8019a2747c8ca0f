"""Clients of the site's MCP server, on a real site with a worker and the simulator."""

import asyncio
import contextlib
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from mcp.client import Client
from mcp.shared.exceptions import MCPError

from accounts.models import ApiToken, User
from runs.models import Run
from runs.states import Status
from tests.factories import PASSWORD, set_budget
from tests.flows.provider_bill import assert_books_are_the_providers
from tests.forkserver.client import Process
from tests.mcp_client import VERSIONS, Tasks, ask, connected, polled, submit_as_task
from tests.mcp_messages import LEGACY, MODERN
from tests.stack import Stack, kill_now, standing_still, wait_for
from web.connections import in_any_thread

EACH_VERSION = pytest.mark.parametrize("version", VERSIONS)
TASK = "What is 17 % of 2,340, minus 58?"
CALCULATOR = {"tools": ["calculator"]}
# Its two calls bill 800 hidden tokens each. At its cap, only one fits beside the closing call.
DEAR = f"{TASK} [sim: reasoning=800]"
LIMIT = "0.0148"


def task(text: str = TASK) -> dict[str, Any]:
    """A submit's arguments; of its task, the provider's ledger can be asked."""
    return {"task": f"{text} ({uuid4().hex})", **CALCULATOR}


async def begun(client: Client, stack: Stack, key: str, arguments: dict[str, Any]) -> str:
    """The id of a submit's task."""
    return str((await submit_as_task(client, stack.web_url, key, arguments))["taskId"])


def only_run(owner: User) -> Run:
    wait_for(Run.objects.filter(owner=owner).exists)
    return Run.objects.get(owner=owner)


@EACH_VERSION
def test_a_submit_is_followed_to_its_end(
    stack: Stack, worker: Process, key: str, owner: User, version: str
) -> None:
    heard: list[tuple[float, str | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append((progress, message))

    async def submit() -> Any:
        async with connected(stack.web_url, key, version, scheme="Token") as client:
            # With the list, the client holds results to their schemas.
            await client.list_tools()
            return await client.call_tool("submit_task", task(), progress_callback=hear)

    result = asyncio.run(submit())

    run = only_run(owner)
    assert not result.is_error
    assert result.structured_content["id"] == str(run.pk)
    assert result.content[0].text == run.answer
    assert f"{run.cost_usd.normalize():f}" in result.content[1].text
    assert [number for number, _ in heard] == sorted({number for number, _ in heard})
    assert "Started" in [message for _, message in heard]
    assert_books_are_the_providers(run, stack)


@EACH_VERSION
def test_a_submit_is_a_task_to_its_end(
    stack: Stack, worker: Process, key: str, owner: User, version: str
) -> None:
    async def submit() -> Any:
        async with connected(stack.web_url, key, version, extensions=[Tasks()]) as client:
            created = await submit_as_task(client, stack.web_url, key, task())
            assert created["status"] == "working"
            task_id = created["taskId"]
            done = await polled(client, task_id, "completed")
            if version == MODERN:
                return done["result"]
            return await ask(client, "tasks/result", taskId=task_id)

    result = asyncio.run(submit())

    run = only_run(owner)
    assert result["content"][0]["text"] == run.answer
    assert result["structuredContent"]["cost_usd"] == f"{run.cost_usd.normalize():f}"
    assert_books_are_the_providers(run, stack)


def test_a_client_that_takes_tasks_needs_no_more_than_a_call(
    stack: Stack, worker: Process, key: str, owner: User
) -> None:
    async def submit() -> Any:
        async with connected(stack.web_url, key, MODERN, extensions=[Tasks()]) as client:
            await client.list_tools()
            return await client.call_tool("submit_task", task())

    result = asyncio.run(submit())

    assert result.content[0].text == only_run(owner).answer


@EACH_VERSION
def test_a_web_process_that_dies_in_mid_task_loses_nothing(
    stack: Stack, worker: Process, key: str, owner: User, version: str
) -> None:
    async def begin() -> str:
        async with connected(stack.web_url, key, version, extensions=[Tasks()]) as client:
            return await begun(client, stack, key, task())

    async def end(task_id: str) -> Any:
        async with connected(stack.web_url, key, version, extensions=[Tasks()]) as client:
            return await polled(client, task_id, "completed")

    with standing_still(stack.simulator):
        task_id = asyncio.run(begin())
        restart(stack)

    assert asyncio.run(end(task_id))["status"] == "completed"
    run = only_run(owner)
    assert (str(run.pk), run.status) == (task_id, Status.SUCCEEDED)
    assert_books_are_the_providers(run, stack)


@EACH_VERSION
def test_a_web_process_that_dies_while_a_client_follows_loses_nothing(
    stack: Stack, worker: Process, key: str, owner: User, ended: Any, version: str
) -> None:
    async def follow() -> None:
        async with connected(stack.web_url, key, version) as client:
            call = asyncio.create_task(client.call_tool("submit_task", task() | {"wait": 600}))
            await in_any_thread(only_run)(owner)
            kill_web(stack)
            with contextlib.suppress(MCPError, httpx2.HTTPError):
                await asyncio.wait_for(call, 60)

    async def read(run_id: str) -> Any:
        async with connected(stack.web_url, key, version) as client:
            return await client.call_tool("get_run", {"run_id": run_id, "wait": 600})

    with standing_still(stack.simulator):
        with contextlib.suppress(TimeoutError, BaseExceptionGroup):
            asyncio.run(follow())
        restart(stack)

    run = only_run(owner)
    result = asyncio.run(read(str(run.pk)))
    ended(run)
    assert result.content[0].text == run.answer
    assert_books_are_the_providers(run, stack)


def kill_web(stack: Stack) -> None:
    assert stack.web is not None
    if stack.web.poll() is None:
        kill_now(stack.web)


def restart(stack: Stack) -> None:
    kill_web(stack)
    stack.start_web()
    stack.wait_for_http(f"{stack.web_url}/healthz")


@EACH_VERSION
def test_a_run_is_cancelled_while_it_executes(
    stack: Stack, worker: Process, key: str, owner: User, ended: Any, version: str
) -> None:
    async def cancel(by_tool: bool) -> None:
        async with connected(stack.web_url, key, version, extensions=[Tasks()]) as client:
            task_id = await begun(client, stack, key, task())
            run = await in_any_thread(Run.objects.get)(pk=task_id)
            await in_any_thread(wait_for)(lambda: started(run))
            if by_tool:
                await client.call_tool("cancel_run", {"run_id": task_id})
            else:
                await ask(client, "tasks/cancel", taskId=task_id)
            told = await ask(client, "tasks/get", taskId=task_id)
            assert told["status"] == "cancelled"

    def started(run: Run) -> bool:
        run.refresh_from_db()
        return run.status == Status.RUNNING

    for by_tool in (True, False):
        with standing_still(stack.simulator):
            asyncio.run(cancel(by_tool))
        run = ended(Run.objects.filter(owner=owner).latest("id"))
        assert run.status == Status.CANCELLED


@EACH_VERSION
def test_a_client_that_goes_away_changes_nothing(
    stack: Stack, worker: Process, key: str, owner: User, ended: Any, version: str
) -> None:
    async def leave() -> None:
        async with connected(stack.web_url, key, version) as client:
            call = asyncio.create_task(client.call_tool("submit_task", task()))
            await in_any_thread(only_run)(owner)
            call.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await call

    log = stack.folder / "web.log"
    before = log.stat().st_size
    with standing_still(stack.simulator):
        asyncio.run(leave())

    run = ended(only_run(owner))
    assert run.status == Status.SUCCEEDED, run.error
    assert b'"level": "error"' not in log.read_bytes()[before:]
    assert_books_are_the_providers(run, stack)


def test_a_run_that_waits_for_money_is_given_some_by_its_client(
    stack: Stack, worker: Process, key: str, owner: User, ended: Any
) -> None:
    async def show_form(context: Any, params: Any) -> Any:
        raise AssertionError("forms of tasks are answered by tasks/update")

    terms = {"when_out_of_money": "ask", "max_cost_usd": LIMIT}

    async def fund() -> None:
        options: dict[str, Any] = {"extensions": [Tasks()], "elicitation_callback": show_form}
        async with connected(stack.web_url, key, MODERN, **options) as client:
            task_id = await begun(client, stack, key, task(DEAR) | terms)
            waiting = await polled(client, task_id, "input_required")
            ((name, request),) = waiting["inputRequests"].items()
            assert "US dollars" in request["params"]["message"]
            answer = {"action": "accept", "content": {"add_usd": "0.50"}}
            await ask(client, "tasks/update", taskId=task_id, inputResponses={name: answer})
            await polled(client, task_id, "completed")

    asyncio.run(fund())

    run = ended(only_run(owner))
    assert (run.status, run.answer_kind) == (Status.SUCCEEDED, "final"), run.error
    assert len(stack.provider_ledger(run.task)) == 2
    assert_books_are_the_providers(run, stack)


def test_in_2025_a_run_that_waits_for_money_says_where_to_give_some(
    stack: Stack, worker: Process, key: str, owner: User, ended: Any
) -> None:
    terms = {"when_out_of_money": "ask", "max_cost_usd": LIMIT}

    async def wait() -> Any:
        async with connected(stack.web_url, key, LEGACY) as client:
            task_id = await begun(client, stack, key, task(DEAR) | terms)
            waiting = await polled(client, task_id, "input_required")
            listed = await ask(client, "tasks/list")
            await ask(client, "tasks/cancel", taskId=task_id)
            return waiting, listed

    waiting, listed = asyncio.run(wait())

    run = ended(only_run(owner))
    assert f"{stack.web_url}/runs/{run.pk}/" in waiting["statusMessage"]
    assert [told["taskId"] for told in listed["tasks"]] == [str(run.pk)]
    assert (run.status, run.answer_kind) == (Status.CANCELLED, "partial")
    assert_books_are_the_providers(run, stack)


@EACH_VERSION
def test_what_may_not_be_done_is_refused(stack: Stack, key: str, owner: User, version: str) -> None:
    stranger = User.objects.create_user(f"{uuid4().hex}@example.org", PASSWORD)
    others = ApiToken.objects.issue(user=stranger, name="flow")[1]
    reader = ApiToken.objects.issue(user=owner, name="reader", scopes=["runs:read"])[1]
    set_budget("0.000001", scope="user", user=stranger)

    async def tried(key: str, name: str, **arguments: Any) -> str:
        async with connected(stack.web_url, key, version) as client:
            result: Any = await client.call_tool(name, arguments)
            assert result.is_error
            return str(result.content[0].text)

    async def submit() -> str:
        async with connected(stack.web_url, key, version) as client:
            result = await client.call_tool("submit_task", task() | {"wait": 0})
            return str(result.structured_content["id"])

    run_id = asyncio.run(submit())
    assert asyncio.run(tried(others, "get_run", run_id=run_id)).startswith("not_found")
    assert asyncio.run(tried(others, "cancel_run", run_id=run_id)).startswith("not_found")
    assert asyncio.run(tried(others, "submit_task", **task())).startswith("budget_exceeded")
    assert "runs:write" in asyncio.run(tried(reader, "submit_task", **task()))
    assert not Run.objects.filter(owner=stranger).exists()


@EACH_VERSION
def test_nobody_connects_without_a_token(stack: Stack, version: str) -> None:
    async def connect() -> None:
        async with connected(stack.web_url, "ags_wrong", version) as client:
            await client.list_tools()

    with pytest.raises(BaseException) as failed:  # noqa: PT011
        asyncio.run(connect())
    assert failed.value is not None
    answer = httpx2.post(f"{stack.web_url}/mcp", json={})
    assert answer.status_code == 401
    where = answer.headers["www-authenticate"].split('"')[1]
    assert httpx2.get(where).json()["resource"] == f"{stack.web_url}/mcp"
