"""A span as Langfuse and as Phoenix read it, by their documented names of attributes.

https://langfuse.com/integrations/native/opentelemetry#property-mapping
https://arize.com/docs/phoenix/release-notes/05-2026/05-15-2026-otel-semconv-conversion
"""

import json
from decimal import Decimal
from typing import Any

from tests.collector import Span

LANGFUSE_TYPES = {"chat": "GENERATION", "invoke_agent": "AGENT", "execute_tool": "TOOL"}
PHOENIX_KINDS = {"chat": "LLM", "invoke_agent": "AGENT", "execute_tool": "TOOL"}


def langfuse(span: Span) -> dict[str, Any]:
    """The observation. Its own attributes come before those of the conventions."""
    found = span.attributes
    usage = found.get("langfuse.observation.usage_details")
    cost = found.get("langfuse.observation.cost_details")
    return {
        "type": LANGFUSE_TYPES[found["gen_ai.operation.name"]],
        "model": found.get("gen_ai.response.model") or found.get("gen_ai.request.model"),
        "usage": json.loads(usage) if usage else {},
        "cost": json.loads(cost, parse_float=Decimal, parse_int=Decimal) if cost else {},
        "session": found.get("session.id"),
        "user": found.get("user.id"),
        "environment": span.resource.get("deployment.environment.name"),
    }


def phoenix(span: Span) -> dict[str, Any]:
    """The span in OpenInference's words, as Phoenix converts it when it arrives."""
    found = span.attributes
    read = {
        "llm.provider": "gen_ai.provider.name",
        "llm.model_name": "gen_ai.request.model",
        "session.id": "gen_ai.conversation.id",
        "llm.token_count.prompt": "gen_ai.usage.input_tokens",
        "llm.token_count.completion": "gen_ai.usage.output_tokens",
        "llm.token_count.prompt_details.cache_read": "gen_ai.usage.cache_read.input_tokens",
        "llm.token_count.prompt_details.cache_write": "gen_ai.usage.cache_creation.input_tokens",
        "tool.name": "gen_ai.tool.name",
        "tool.id": "gen_ai.tool.call.id",
    }
    return {
        "openinference.span.kind": PHOENIX_KINDS[found["gen_ai.operation.name"]],
        **{theirs: found[ours] for theirs, ours in read.items() if ours in found},
    }
