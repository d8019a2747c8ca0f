"""What a waiting run asks its user, as forms of the protocol, and what the user's answers do."""

import json
from collections.abc import Mapping
from typing import Any

from agentsite.mcp_server.site import RUNS, Site

Response = Mapping[str, Any]

VERDICTS = {"approve": "Make the call", "decline": "Leave it"}
TOOK_EFFECT = {"took_effect": "It took effect already: don't make it again"}


def input_requests(run: dict[str, Any]) -> dict[str, Any]:
    """A form for each thing that a user can answer here, by a key that is used once."""
    awaiting = run["awaiting"]
    if awaiting is None:
        return {}
    if run["status"] == "awaiting_approval":
        return {_key(step): _approval(step) for step in awaiting["steps"]}
    # A budget's money comes from staff.
    if awaiting["scope"] != "run":
        return {}
    least = awaiting["short_usd"]
    message = f"{awaiting['message']} How much more may it cost? At least {least} US dollars."
    amount = {"type": "string", "title": "US dollars", "description": f"Such as {least}"}
    return {f"funds-{awaiting['question']}": _form(message, {"add_usd": amount}, "add_usd")}


async def take(api: Site, run: dict[str, Any], responses: Mapping[str, Response]) -> None:
    """Do what the answers say; those to nothing that is asked are left alone. Raises `Refused`."""
    asked = input_requests(run)
    for key, response in responses.items():
        if key not in asked or response.get("action") == "cancel":
            continue
        if run["status"] == "awaiting_approval":
            await _decide(api, run, key, response)
        elif response.get("action") == "accept":
            await _fund(api, run, response)


async def _fund(api: Site, run: dict[str, Any], response: Response) -> None:
    body = {
        "add_usd": _content(response).get("add_usd"),
        "question": run["awaiting"]["question"],
    }
    await api.ask("POST", f"{RUNS}{run['id']}/fund/", body=body)


async def _decide(api: Site, run: dict[str, Any], key: str, response: Response) -> None:
    step = next(step for step in run["awaiting"]["steps"] if _key(step) == key)
    content = _content(response)
    verdict = content.get("verdict") if response.get("action") == "accept" else "decline"
    body = {
        "step": step["key"],
        "attempt": step["attempt"],
        "approved": verdict == "approve",
        "took_effect": verdict == "took_effect",
        "comment": content.get("comment") or "",
    }
    await api.ask("POST", f"{RUNS}{run['id']}/approve/", body=body)


def _content(response: Response) -> Mapping[str, Any]:
    content = response.get("content")
    return content if isinstance(content, Mapping) else {}


def _key(step: dict[str, Any]) -> str:
    return f"approval-{step['attempt']}-{step['key']}"


def _approval(step: dict[str, Any]) -> dict[str, Any]:
    verdicts = VERDICTS | (TOOK_EFFECT if step["reason"] == "outcome_unknown" else {})
    fields = {
        "verdict": {
            "type": "string",
            "title": "Your word",
            "oneOf": [{"const": key, "title": title} for key, title in verdicts.items()],
        },
        "comment": {"type": "string", "title": "Comment", "description": "The model reads it."},
    }
    arguments = step["arguments"]
    shown = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return _form(f"May it call {step['tool']} with {shown}?", fields, "verdict")


def _form(message: str, fields: dict[str, Any], required: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": fields, "required": [required]}
    return {
        "method": "elicitation/create",
        "params": {"mode": "form", "message": message, "requestedSchema": schema},
    }
