"""The methods of tasks: of the extension of 2026-07-28, and of the core of 2025-11-25."""

from http import HTTPStatus
from typing import Any

from mcp_types import PaginatedRequestParams, RequestParams

from agentsite.mcp_server.calls import cursor_of, outcome, run_id_of
from agentsite.mcp_server.context import LEGACY, Context, api_of, asks_its_user, teller
from agentsite.mcp_server.follow import followed
from agentsite.mcp_server.inputs import take
from agentsite.mcp_server.site import RUNS, Refused
from agentsite.mcp_server.tasks import RELATED, detailed_task_of, task_of_2025
from agentsite.mcp_server.wording import ENDED

Answer = dict[str, Any]


class TaskParams(RequestParams):
    """Which task is meant."""

    task_id: str


class UpdateParams(TaskParams):
    """Answers to what a task asks."""

    input_responses: dict[str, dict[str, Any]]


async def get_task(ctx: Context, params: TaskParams) -> Answer:
    """How far a task is; in the extension with its result, or with what it asks."""
    run = await api_of(ctx).run(run_id_of(params.task_id))
    if ctx.protocol_version == LEGACY:
        return task_of_2025(run)
    return detailed_task_of(run, asks=asks_its_user(ctx))


async def cancel_task(ctx: Context, params: TaskParams) -> Answer:
    """Ask for its end; in the extension, one that has ended is as good."""
    run_id = run_id_of(params.task_id)
    legacy = ctx.protocol_version == LEGACY
    try:
        await api_of(ctx).ask("POST", f"{RUNS}{run_id}/cancel/")
    except Refused as refused:
        if legacy or refused.status != HTTPStatus.CONFLICT:
            raise
    return task_of_2025(await api_of(ctx).run(run_id)) if legacy else {}


async def update_task(ctx: Context, params: UpdateParams) -> Answer:
    """Hand the user's answers to the run that waits for them."""
    run = await api_of(ctx).run(run_id_of(params.task_id))
    await take(api_of(ctx), run, params.input_responses)
    return {}


async def task_result(ctx: Context, params: TaskParams) -> Answer:
    """What the call has come to, once it has."""
    run = await followed(
        api_of(ctx),
        await api_of(ctx).run(run_id_of(params.task_id)),
        seconds=None,
        tell=teller(ctx),
        until=lambda run: run["status"] in ENDED,
    )
    return outcome(run) | {"_meta": {RELATED: {"taskId": run["id"]}}}


async def list_tasks(ctx: Context, params: PaginatedRequestParams) -> Answer:
    """The caller's runs as tasks, newest first."""
    query = {"cursor": params.cursor} if params.cursor else None
    page = await api_of(ctx).ask("GET", RUNS, query=query)
    cursor = cursor_of(page["next"])
    found = {"tasks": [task_of_2025(run) for run in page["results"]]}
    return found | ({"nextCursor": cursor} if cursor else {})
