"""A chat completion of a run that has ended."""

from typing import Any

from runs.engine.types import ToolCall
from runs.models import Run
from runs.openai.messages import tool_call
from runs.openai.outcome import Outcome


def completion_id(run: Run) -> str:
    """A completion is known by its run."""
    return f"chatcmpl-{run.pk.hex}"


def usage_of(outcome: Outcome) -> dict[str, Any]:
    """What all calls of the run used, as OpenAI counts."""
    run = outcome.run
    return {
        "prompt_tokens": run.input_tokens,
        "completion_tokens": run.output_tokens,
        "total_tokens": run.input_tokens + run.output_tokens,
        "prompt_tokens_details": {
            "cached_tokens": run.cached_input_tokens,
            "cache_write_tokens": outcome.cache_write_tokens,
            "audio_tokens": 0,
        },
        "completion_tokens_details": {
            "reasoning_tokens": run.reasoning_tokens,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def call_of(call: ToolCall) -> dict[str, Any]:
    """A call of one of the caller's tools."""
    return tool_call(call.id, call.name, call.arguments)


def chat_completion(outcome: Outcome, model: str) -> dict[str, Any]:
    """The whole answer."""
    calls = [call_of(call) for call in outcome.tool_calls]
    message = {
        "role": "assistant",
        "content": outcome.text or (None if calls or outcome.refusal is not None else ""),
        "refusal": outcome.refusal,
        "annotations": [],
        **({"tool_calls": calls} if calls else {}),
    }
    choice = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": outcome.finish_reason,
    }
    return {
        "id": completion_id(outcome.run),
        "object": "chat.completion",
        "created": int(outcome.run.created_at.timestamp()),
        "model": model,
        "choices": [choice],
        "usage": usage_of(outcome),
        "service_tier": "default",
        "agentsite": outcome.facts,
    }
