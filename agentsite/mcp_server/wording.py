"""A run in words: as the text of a tool's result, as a task's state, and as it makes progress."""

from collections.abc import Iterable
from typing import Any

ENDED = frozenset({"succeeded", "failed", "cancelled"})
AWAITING = frozenset({"awaiting_funds", "awaiting_approval"})
TASK_CHARACTERS = 500


def settled(run: dict[str, Any]) -> bool:
    """True where nothing happens any more, or not before a person has said something."""
    return run["status"] in ENDED | AWAITING


def may_have_settled(events: Iterable[dict[str, Any]]) -> bool:
    """True where one of them says that the run has ended or waits for a person."""
    return any(event["type"] in ("run.finished", "run.awaiting") for event in events)


def texts(run: dict[str, Any]) -> list[str]:
    """The answer, and the line below it."""
    answer = run.get("answer")
    return [answer, line(run)] if answer else [line(run)]


def line(run: dict[str, Any]) -> str:
    """Which run it is, how it is, and what it has cost."""
    head = f"Run {run['id']} {_state(run)}"
    if "cost_usd" not in run:
        return head
    calls = run["usage"]["llm_calls"]
    money = "simulated dollars" if run["simulated"] else "US dollars"
    bill = f"{run['cost_usd']} {money} for {calls} LLM call{'' if calls == 1 else 's'}"
    return f"{head} It has cost {bill}. {run['links']['html']}"


def _state(run: dict[str, Any]) -> str:
    status = run["status"]
    if status == "succeeded":
        stopped = f" ({run['stop_reason']})" if run.get("answer_kind") == "best_effort" else ""
        return f"has succeeded{stopped}."
    if status == "failed":
        return f"has failed: {run['error']['message']}"
    if status == "cancelled":
        return "was cancelled."
    if status in AWAITING and "awaiting" in run:
        return f"waits for a person: {run['awaiting']['message']}"
    return f"is {status.replace('_', ' ')}. get_run tells how it goes on."


def in_list(run: dict[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    """A run in short."""
    shown = {name: run[name] for name in fields}
    if len(shown["task"]) > TASK_CHARACTERS:
        shown["task"] = f"{shown['task'][:TASK_CHARACTERS]}…"
    return shown


def news(event: dict[str, Any]) -> str:
    """What an event says to someone who waits; empty where that is nothing."""
    data = event["data"]
    match event["type"]:
        case "run.started":
            return "Started"
        case "step.started":
            return f"{data['label']} ({data['n']} of {data['of']})" if data["of"] else data["label"]
        case "tool.started":
            return f"{data['label']}: {data['tool']}"
        case "step.failed":
            return f"{data['label']}: {data['error']['message']}"
        case "notice" | "run.awaiting":
            return str(data["message"])
        case _:
            return ""
