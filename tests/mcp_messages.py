"""Messages of the protocol as bytes have them, for what no client library would send."""

import json
from typing import Any

import httpx2

HOST = "http://testserver"
LEGACY, MODERN = "2025-11-25", "2026-07-28"
TASKS: dict[str, Any] = {"extensions": {"io.modelcontextprotocol/tasks": {}}}
FORMS: dict[str, Any] = {"elicitation": {"form": {}}}


def message(
    version: str, method: str, *, client: dict[str, Any] | None = None, **params: Any
) -> tuple[dict[str, Any], dict[str, str]]:
    """A request of this version, and its headers; `client` is what the client can do."""
    headers = {"mcp_protocol_version": version}
    if version != LEGACY:
        meta = {
            "io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientCapabilities": client or {},
            **params.pop("_meta", {}),
        }
        params["_meta"] = meta
        headers["mcp_method"] = method
        if "name" in params:
            headers["mcp_name"] = params["name"]
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, headers


def reply_in(answer: httpx2.Response) -> Any:
    """The JSON-RPC message of an answer, which 2025's come with as a stream of one."""
    if answer.headers["content-type"].startswith("text/event-stream"):
        data = [line[6:] for line in answer.text.splitlines() if line.startswith("data: ")]
        return json.loads(data[-1])
    return answer.json()
