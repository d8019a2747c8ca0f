"""A run as a response: the object that every answer and event of the API carries."""

from typing import Any

from runs.openai.items import output_call, output_message, refusal_message
from runs.openai.outcome import Outcome
from runs.openai.responses import front_of, response_id
from runs.states import Status

GOING_ON = {Status.QUEUED: "queued", Status.CANCELLED: "cancelled", Status.FAILED: "failed"}
# The words of OpenAI for what cut an answer short.
CUT_BY = {"max_output_tokens": "max_output_tokens", "completed": "max_output_tokens"}
ERROR_CODES = {402: "insufficient_quota", 504: "deadline"}


def status_of(outcome: Outcome) -> str:
    """Where a response is in its life."""
    if outcome.refusal is not None:
        return "incomplete"
    if outcome.run.status == Status.SUCCEEDED:
        return "incomplete" if outcome.limited else "completed"
    return GOING_ON.get(Status(outcome.run.status), "in_progress")


def output_of(outcome: Outcome) -> list[dict[str, Any]]:
    """The items that a response has brought."""
    pk = outcome.run.pk
    items = []
    if outcome.refusal is not None:
        items.append(refusal_message(pk, outcome.refusal))
    elif outcome.text:
        ended = "incomplete" if status_of(outcome) != "completed" else "completed"
        items.append(output_message(pk, outcome.text, ended))
    return [*items, *(output_call(pk, n, call) for n, call in enumerate(outcome.tool_calls))]


def response_object(
    outcome: Outcome, *, status: str = "", output: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """The response; `status` and `output` are those of an earlier moment, where they are given."""
    run, front = outcome.run, front_of(outcome.run)
    status = status or status_of(outcome)
    over = status not in ("queued", "in_progress")
    return {
        "id": response_id(run),
        "object": "response",
        "created_at": int(run.created_at.timestamp()),
        "completed_at": int(run.finished_at.timestamp()) if over and run.finished_at else None,
        "status": status,
        "background": front["background"],
        "error": _error(outcome) if status in ("failed", "cancelled") else None,
        "incomplete_details": {"reason": _reason(outcome)} if status == "incomplete" else None,
        "instructions": front["instructions"],
        "max_output_tokens": front["max_output_tokens"],
        "max_tool_calls": None,
        "model": front["model"],
        "output": output_of(outcome) if output is None else output,
        "parallel_tool_calls": front["parallel_tool_calls"],
        "previous_response_id": front["previous_response_id"],
        "prompt_cache_key": None,
        "reasoning": {"effort": run.config.get("reasoning_effort") or None, "summary": None},
        "safety_identifier": None,
        "service_tier": "default",
        "store": front["store"],
        "temperature": 1.0 if front["temperature"] is None else front["temperature"],
        "text": front["text"],
        "tool_choice": front["tool_choice"] or "auto",
        "tools": front["tools"],
        "top_logprobs": 0,
        "top_p": 1.0 if front["top_p"] is None else front["top_p"],
        "presence_penalty": 0.0,
        "frequency_penalty": 0.0,
        "truncation": "disabled",
        "usage": usage_of(outcome) if over else None,
        "user": None,
        "metadata": run.metadata,
        "agentsite": outcome.facts,
    }


def usage_of(outcome: Outcome) -> dict[str, Any]:
    """What all calls of the run used, as OpenAI counts."""
    run = outcome.run
    return {
        "input_tokens": run.input_tokens,
        "input_tokens_details": {
            "cached_tokens": run.cached_input_tokens,
            "cache_write_tokens": outcome.cache_write_tokens,
        },
        "output_tokens": run.output_tokens,
        "output_tokens_details": {"reasoning_tokens": run.reasoning_tokens},
        "total_tokens": run.input_tokens + run.output_tokens,
    }


def _error(outcome: Outcome) -> dict[str, str] | None:
    if outcome.run.status == Status.CANCELLED:
        return None
    code, message = outcome.error
    return {"code": ERROR_CODES.get(outcome.status, code), "message": message}


def _reason(outcome: Outcome) -> str:
    if outcome.refusal is not None:
        return "content_filter"
    return CUT_BY.get(outcome.run.stop_reason, outcome.run.stop_reason)
