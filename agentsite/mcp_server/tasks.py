"""A run as a task of the protocol, in both of its versions. Pure: the run's row is the task."""

from typing import Any

from agentsite.mcp_server.calls import outcome
from agentsite.mcp_server.inputs import input_requests
from agentsite.mcp_server.wording import AWAITING, line

EXTENSION = "io.modelcontextprotocol/tasks"
RELATED = "io.modelcontextprotocol/related-task"
POLL_MS = 2000

STATES = {
    "queued": "working",
    "running": "working",
    **dict.fromkeys(AWAITING, "input_required"),
    # It ends as cancelled whatever happens now.
    "cancelling": "cancelled",
    "cancelled": "cancelled",
    "succeeded": "completed",
    # A tool's failure is a result; `failed` is for errors of the protocol.
    "failed": "completed",
}


def task_of(run: dict[str, Any]) -> dict[str, Any]:
    """A task of the extension, as of 2026-07-28."""
    return _common(run) | {
        "status": STATES[run["status"]],
        "ttlMs": None,
        "pollIntervalMs": POLL_MS,
    }


def detailed_task_of(run: dict[str, Any], *, asks: bool) -> dict[str, Any]:
    """The same with its result, or with what it waits for where the client `asks` its user."""
    task = task_of(run)
    if task["status"] == "completed":
        task["result"] = outcome(run)
    elif task["status"] == "input_required":
        task["inputRequests"] = input_requests(run) if asks else {}
    return task


def task_of_2025(run: dict[str, Any]) -> dict[str, Any]:
    """A task of 2025-11-25, where a tool's failure is one of the task too."""
    status = "failed" if run["status"] == "failed" else STATES[run["status"]]
    return _common(run) | {"status": status, "ttl": None, "pollInterval": POLL_MS}


def _common(run: dict[str, Any]) -> dict[str, Any]:
    changed = run["finished_at"] or run["started_at"] or run["created_at"]
    return {
        "taskId": run["id"],
        "statusMessage": line(run),
        "createdAt": run["created_at"],
        "lastUpdatedAt": changed,
    }
