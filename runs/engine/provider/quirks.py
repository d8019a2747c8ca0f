"""What an endpoint turned out not to take. Learnt once a model, from its 400s, and remembered."""

import re
from dataclasses import dataclass, replace
from typing import Any

import orjson

from runs.engine.errors import ProviderError
from runs.engine.types import Message, ModelRequest

REASONS = re.compile(r"(^|[/:])(o\d|gpt-5(?!.*chat)|deepseek-r|gpt-oss|qwq)", re.IGNORECASE)
REJECTED = re.compile(
    r"unsupported|not support|unrecogni[sz]ed|unknown|unexpected|not permitted|extra inputs"
    r"|not allowed|invalid parameter",
    re.IGNORECASE,
)
SCHEMA_LEVELS = ("json_schema", "json_object", "text")


def reasons(model: str) -> bool:
    """True for models that bill hidden reasoning as output, as far as their name tells."""
    return REASONS.search(model) is not None


@dataclass(frozen=True, slots=True)
class Quirks:
    """How a request has to be phrased for one model."""

    cap_name: str = "max_completion_tokens"
    temperature: bool = True
    usage_option: bool = True
    schema_level: str = SCHEMA_LEVELS[0]

    def phrase(self, request: ModelRequest) -> dict[str, Any]:
        """The parameters whose names or shapes differ between endpoints."""
        phrased: dict[str, Any] = {
            "messages": request.messages,
            self.cap_name: request.max_output_tokens,
        }
        if self.usage_option:
            phrased["stream_options"] = {"include_usage": True}
        if request.temperature is not None and self.temperature:
            phrased["temperature"] = request.temperature
        if request.schema is not None:
            phrased |= self._ask_for(request.schema, request.messages)
        return phrased

    def after(self, error: ProviderError, sent: dict[str, Any]) -> "Quirks | None":
        """What to try when this error rejected one of the parameters; None when it did not."""
        if error.status not in (400, 422) or not REJECTED.search(error.message):
            return None
        text = error.message
        # The advice "use 'max_completion_tokens' instead" names the other one as well.
        if self.cap_name in text and self.cap_name == "max_completion_tokens":
            return replace(self, cap_name="max_tokens")
        if "temperature" in text and "temperature" in sent:
            return replace(self, temperature=False)
        if "stream_options" in text and self.usage_option:
            return replace(self, usage_option=False)
        if ("response_format" in text or "json" in text) and "response_format" in sent:
            lower = SCHEMA_LEVELS[SCHEMA_LEVELS.index(self.schema_level) + 1]
            return replace(self, schema_level=lower)
        return None

    def _ask_for(self, schema: dict[str, Any], messages: list[Message]) -> dict[str, Any]:
        if self.schema_level == "json_schema":
            named = {"name": schema.get("title", "answer"), "strict": True, "schema": schema}
            return {"response_format": {"type": "json_schema", "json_schema": named}}
        asked = f"Answer with one JSON object of this JSON schema:\n{orjson.dumps(schema).decode()}"
        phrased: dict[str, Any] = {
            "messages": [*messages[:-1], messages[-1] | {"content": _joined(messages[-1], asked)}]
        }
        if self.schema_level == "json_object":
            phrased["response_format"] = {"type": "json_object"}
        return phrased


def _joined(message: Message, text: str) -> str:
    return f"{message['content']}\n\n{text}"
