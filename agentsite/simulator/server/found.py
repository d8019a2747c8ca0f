"""Answers that are asked about afterwards: by OpenRouter's id, or as stored ones by metadata."""

import re
from collections.abc import Iterable
from typing import Any

from multidict import MultiMapping

from agentsite.simulator.protocol.errors import ApiError

from .completion import usage_of
from .ledger import Bill, Ledger, Row

METADATA = re.compile(r"metadata\[([^\]]+)\]")


def generation(ledger: Ledger, response_id: str) -> dict[str, Any]:
    """As OpenRouter's `generation?id=`. Raises a 404 for an id that nothing had."""
    row = ledger.answered(response_id) if response_id else None
    if row is None:
        raise ApiError(404, f"Generation {response_id} not found")
    return {
        "data": {
            "id": row.response_id,
            "model": row.model,
            "native_tokens_prompt": row.prompt_tokens,
            "native_tokens_completion": row.completion_tokens,
            "native_tokens_reasoning": row.reasoning_tokens,
            "native_tokens_cached": row.cached_tokens,
            "cancelled": row.status != "completed",
        }
    }


def stored(rows: Iterable[Row], query: MultiMapping[str]) -> dict[str, Any]:
    """As OpenAI lists stored chat completions, newest last."""
    wanted = {
        found[1]: value for name, value in query.items() if (found := METADATA.fullmatch(name))
    }
    data = [
        _completion(row)
        for row in rows
        if row.stored
        and row.response_id.startswith("chatcmpl-")
        and wanted.items() <= row.metadata.items()
        and row.status != "refused"
    ]
    return {"object": "list", "data": data, "has_more": False}


def _completion(row: Row) -> dict[str, Any]:
    bill = Bill(row.prompt_tokens, row.cached_tokens, row.completion_tokens, row.reasoning_tokens)
    return {
        "id": row.response_id,
        "object": "chat.completion",
        "created": int(row.at),
        "model": row.model,
        "service_tier": "default",
        "metadata": row.metadata,
        "usage": usage_of(bill),
    }
