"""Calls of tools: arguments in, one request to the API, its answer out."""

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from agentsite.mcp_server.follow import Tell, followed
from agentsite.mcp_server.site import NO_HEADERS, Refused, Site
from agentsite.mcp_server.tools import MAX_WAIT_S, SUBMIT, SiteTool, offered
from agentsite.mcp_server.wording import in_list, texts

Result = dict[str, Any]

# Clients of 2025 overlook it.
COMPLETE = {"resultType": "complete"}


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call: by whom, with what, and who hears how it goes on."""

    api: Site
    tool: SiteTool
    arguments: Mapping[str, Any]
    tell: Tell
    trace: Mapping[str, str]


async def result_of(call: Call) -> Result:
    """What a client gets; what the API refuses is told to the model."""
    try:
        return await HANDLERS[call.tool.name](call)
    except Refused as refused:
        return refusal(refused)


async def submitted(call: Call) -> dict[str, Any]:
    """The run of a submit, which is stored. Raises `Refused`."""
    key = call.arguments.get("idempotency_key")
    headers = dict(call.trace)
    if key is not None:
        if not (isinstance(key, str) and key.isascii()):
            raise Refused.because("idempotency_key: This isn't plain text.")
        headers["idempotency-key"] = key
    return await _asked(call, headers)


def of_run(run: dict[str, Any]) -> Result:
    """A run as a result."""
    return _result(run, texts(run))


def outcome(run: dict[str, Any]) -> Result:
    """The run that a call has waited for: its failure is the call's."""
    return of_run(run) | {"isError": run["status"] in ("failed", "cancelled")}


def refusal(refused: Refused) -> Result:
    """What was refused, in words, and as the API's problem."""
    text = [{"type": "text", "text": refused.sentence}]
    return {
        **COMPLETE,
        "content": text,
        "isError": True,
        "_meta": {"problem": refused.problem},
    }


async def _submit(call: Call) -> Result:
    wait = _wait_of(call)
    run = await submitted(call)
    # Whoever may not read the run is told no more of it.
    if "task" not in run:
        return of_run(run)
    return outcome(await followed(call.api, run, seconds=wait, tell=call.tell))


async def _get(call: Call) -> Result:
    wait = _wait_of(call)
    return of_run(await followed(call.api, await _asked(call), seconds=wait, tell=call.tell))


async def _cancel(call: Call) -> Result:
    return of_run(await _asked(call))


async def _list(call: Call) -> Result:
    page = await _asked(call)
    rows = page["results"]
    if call.tool.told:
        rows = [in_list(row, call.tool.told) for row in rows]
    return _data({"results": rows, "next_cursor": cursor_of(page["next"])})


async def _estimate(call: Call) -> Result:
    return _data(await _asked(call))


HANDLERS: dict[str, Callable[[Call], Awaitable[Result]]] = {
    SUBMIT: _submit,
    "get_run": _get,
    "cancel_run": _cancel,
    "list_runs": _list,
    "get_budgets": _list,
    "estimate": _estimate,
}


def cursor_of(address: str | None) -> str | None:
    """The cursor in the address of the next page."""
    return parse_qs(urlsplit(address).query)["cursor"][0] if address else None


async def _asked(call: Call, headers: Mapping[str, str] = NO_HEADERS) -> dict[str, Any]:
    """What the tool's operation answers. What it doesn't know, it names."""
    operation = offered()[call.tool.name]
    given = {k: v for k, v in call.arguments.items() if k not in call.tool.own}
    path = operation.path
    if "run_id" in call.tool.own:
        path = path.format(id=run_id_of(call.arguments.get("run_id")))
    if operation.method == "GET":
        return await call.api.ask("GET", path, query=dict(_query(given)))
    body = given if operation.body else None
    if given and body is None:
        raise Refused.because(f"{min(given)}: Unknown argument.")
    return await call.api.ask(operation.method, path, body=body, headers=headers)


def run_id_of(value: object) -> str:
    """An id that may stand in an address. Raises `Refused`."""
    try:
        return str(UUID(str(value)))
    except ValueError:
        raise Refused.because("run_id: This is no id of a run.") from None


def _wait_of(call: Call) -> int:
    wait = call.arguments.get("wait", call.tool.own["wait"]["default"])
    if isinstance(wait, bool) or not isinstance(wait, int) or not 0 <= wait <= MAX_WAIT_S:
        raise Refused.because(f"wait: A whole number from 0 to {MAX_WAIT_S}.")
    return wait


def _query(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Arguments as query parameters; an object's are `name[key]`."""
    for name, value in given.items():
        if isinstance(value, Mapping):
            yield from _query({f"{name}[{key}]": inner for key, inner in value.items()})
        else:
            yield name, value if isinstance(value, str) else json.dumps(value)


def _data(found: dict[str, Any]) -> Result:
    return _result(found, [json.dumps(found, ensure_ascii=False)])


def _result(found: dict[str, Any], said: list[str]) -> Result:
    return {
        **COMPLETE,
        "content": [{"type": "text", "text": text} for text in said],
        "structuredContent": found,
        "isError": False,
    }
