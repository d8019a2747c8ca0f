"""The server of the protocol: its tools, its tasks, and which version has what."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from mcp.server.caching import CacheHint
from mcp.server.context import CallNext, HandlerResult
from mcp.server.lowlevel.server import NotificationOptions, Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    CallToolRequestParams,
    ListToolsResult,
    PaginatedRequestParams,
    RequestParams,
    ServerCapabilities,
    ServerTasksCapability,
    ServerTasksRequestsCapability,
    TasksCallCapability,
    TasksCancelCapability,
    TasksListCapability,
    TasksToolsCapability,
)
from pydantic import ValidationError

from agentsite.mcp_server import task_methods
from agentsite.mcp_server.calls import Call, outcome, refusal, result_of, submitted
from agentsite.mcp_server.context import (
    LEGACY,
    MODERN,
    Context,
    api_of,
    knows_tasks,
    teller,
    trace_of,
)
from agentsite.mcp_server.site import Refused
from agentsite.mcp_server.tasks import EXTENSION, task_of, task_of_2025
from agentsite.mcp_server.tools import SUBMIT, TOOLS, described
from agentsite.mcp_server.wording import settled

INSTRUCTIONS = """\
This site has agents work on tasks, within budgets, and keeps each as a run with an exact bill.
submit_task buys an answer; estimate says beforehand what that may cost. A run goes on when nobody
waits for it: get_run reads it later. One that waits for money or for an approval says on which page
its owner answers."""
# A release may change them.
TOOLS_KEEP_MS = 300_000

logger = logging.getLogger(__name__)

TaskHandler = Callable[[Context, Any], Awaitable[dict[str, Any]]]


class SiteServer(Server[Any]):
    """A server that says which version of tasks it has."""

    def get_capabilities(
        self,
        notification_options: NotificationOptions | None = None,
        experimental_capabilities: dict[str, dict[str, Any]] | None = None,
        extensions: dict[str, dict[str, Any]] | None = None,
        *,
        protocol_version: str | None = None,
    ) -> ServerCapabilities:
        """What it can do in this version; without one, in the newest that is negotiated."""
        found = super().get_capabilities(
            notification_options,
            experimental_capabilities,
            extensions,
            protocol_version=protocol_version,
        )
        if protocol_version == MODERN:
            return found.model_copy(update={"extensions": {EXTENSION: {}}})
        tasks = ServerTasksCapability(
            list=TasksListCapability(),
            cancel=TasksCancelCapability(),
            requests=ServerTasksRequestsCapability(
                tools=TasksToolsCapability(call=TasksCallCapability())
            ),
        )
        return found.model_copy(update={"tasks": tasks})


async def list_tools(ctx: Context, params: PaginatedRequestParams | None) -> ListToolsResult:
    """All of them: what a token may not do is refused when it is tried."""
    return ListToolsResult(tools=list(described()))


async def call_tool(ctx: Context, params: CallToolRequestParams) -> dict[str, Any]:
    """The result of a tool; of a submit a task, where the client knows tasks."""
    call = _call(ctx, params)
    if call.tool.name != SUBMIT or not knows_tasks(ctx):
        return await result_of(call)
    try:
        run = await submitted(call)
    except Refused as refused:
        return refusal(refused)
    # Whoever may not read the run could not follow the task.
    if "task" not in run or settled(run):
        return outcome(run)
    return {"resultType": "task", **task_of(run)}


def _call(ctx: Context, params: CallToolRequestParams) -> Call:
    tool = TOOLS.get(params.name)
    if tool is None:
        raise MCPError(INVALID_PARAMS, f"Unknown tool: {params.name}")
    return Call(api_of(ctx), tool, params.arguments or {}, teller(ctx), trace_of(ctx))


async def tasks_of_2025(ctx: Context, call_next: CallNext) -> HandlerResult:
    """Middleware: a call that asks to be a task is answered with one."""
    wanted = ctx.method == "tools/call" and "task" in (ctx.params or {})
    if not (wanted and ctx.protocol_version == LEGACY):
        return await call_next(ctx)
    call = _call(ctx, CallToolRequestParams.model_validate(ctx.params, by_name=False))
    if call.tool.name != SUBMIT:
        raise MCPError(METHOD_NOT_FOUND, f"{call.tool.name} can't be a task.")
    run = await submitted(call)
    if "task" not in run:
        raise MCPError(INVALID_PARAMS, "A task needs a token that may read runs (runs:read).")
    # Each begins like this, also where an answer was kept.
    return {"task": task_of_2025(run) | {"status": "working"}}


async def in_the_protocols_words(ctx: Context, call_next: CallNext) -> HandlerResult:
    """Middleware: what the API refuses, and what goes wrong here, as errors of the protocol."""
    try:
        return await call_next(ctx)
    except (MCPError, ValidationError):
        raise
    except Refused as refused:
        code = INTERNAL_ERROR if refused.status >= 500 else INVALID_PARAMS
        raise MCPError(code, refused.sentence, refused.problem) from refused
    except Exception as error:
        logger.exception("%s failed", ctx.method)
        raise MCPError(INTERNAL_ERROR, "Something is wrong on our side.") from error


def _of(*versions: str, handler: TaskHandler) -> TaskHandler:
    """`handler` where the version has its method, and the client knows tasks."""

    async def handled(ctx: Context, params: Any) -> dict[str, Any]:
        if ctx.protocol_version not in versions:
            raise MCPError(METHOD_NOT_FOUND, "Method not found", ctx.method)
        if ctx.protocol_version == MODERN and not knows_tasks(ctx):
            needed: dict[str, Any] = {"requiredCapabilities": {"extensions": {EXTENSION: {}}}}
            message = "Missing required client capability"
            raise MCPError(MISSING_REQUIRED_CLIENT_CAPABILITY, message, needed)
        return await handler(ctx, params)

    return handled


def _server() -> SiteServer:
    server = SiteServer(
        "agentsite",
        title="agentsite",
        instructions=INSTRUCTIONS,
        cache_hints={"tools/list": CacheHint(ttl_ms=TOOLS_KEEP_MS, scope="public")},
        on_list_tools=list_tools,
    )
    server.middleware += [in_the_protocols_words, tasks_of_2025]
    methods: tuple[tuple[str, type[RequestParams], TaskHandler], ...] = (
        ("tools/call", CallToolRequestParams, call_tool),
        ("tasks/get", task_methods.TaskParams, _of(LEGACY, MODERN, handler=task_methods.get_task)),
        (
            "tasks/cancel",
            task_methods.TaskParams,
            _of(LEGACY, MODERN, handler=task_methods.cancel_task),
        ),
        ("tasks/update", task_methods.UpdateParams, _of(MODERN, handler=task_methods.update_task)),
        ("tasks/result", task_methods.TaskParams, _of(LEGACY, handler=task_methods.task_result)),
        ("tasks/list", PaginatedRequestParams, _of(LEGACY, handler=task_methods.list_tasks)),
    )
    for method, params, handler in methods:
        server.add_request_handler(method, params, handler)
    return server


SERVER = _server()
