"""What was asked and answered, in the form of the conventions, for sites that want it in spans."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from runs.engine.provider.words import redacted
from runs.engine.types import Reply
from runs.executor.tracing import conventions as names
from runs.executor.tracing.opened import Attributes

# Of each text, and of all messages of a span: a batch has to stay small enough to be sent, and what
# waits for a collector small enough for memory.
MOST_CHARACTERS = 8_000
MOST_IN_ALL = 32_000
FINISH_REASONS = {"tool_calls": "tool_call"}


class Contents:
    """Shows texts without what is, or looks like, a key."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = [secret for secret in secrets if secret]

    def shown(self, text: str) -> str:
        """A text as it may be seen."""
        return redacted(text, self._secrets, MOST_CHARACTERS)

    def asked(self, request: Mapping[str, Any]) -> Attributes:
        """The messages of a request, and the tools that it offers."""
        about: Attributes = {names.INPUT_MESSAGES: self._newest(request["messages"])}
        if tools := request["tools"]:
            definitions = _json([{"type": "function", **tool["function"]} for tool in tools])
            if len(definitions) <= MOST_IN_ALL:
                about[names.TOOL_DEFINITIONS] = definitions
        return about

    def _newest(self, messages: Sequence[Mapping[str, Any]]) -> str:
        """The last messages that fit, in order; of what was left out a word in front."""
        kept: list[str] = []
        room = MOST_IN_ALL
        for message in reversed(messages):
            shown = _json(self._message(message))
            room -= len(shown)
            if room < 0:
                left_out = f"{len(messages) - len(kept)} earlier messages are left out"
                parts = [{"type": "text", "content": left_out}]
                kept.append(_json({"role": "system", "parts": parts}))
                break
            kept.append(shown)
        return f"[{','.join(reversed(kept))}]"

    def answered(self, reply: Reply) -> Attributes:
        """The answer as the one message that it is."""
        calls = [
            {"id": call.id, "name": call.name, "arguments": call.arguments}
            for call in reply.tool_calls
        ]
        reason = FINISH_REASONS.get(reply.finish_reason, reply.finish_reason)
        message = {
            "role": "assistant",
            "parts": [*self._texts(reply.content), *map(self._call, calls)],
            "finish_reason": reason,
        }
        return {names.OUTPUT_MESSAGES: _json([message])}

    def _message(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """One of the provider's messages."""
        role = message["role"]
        if role == "tool":
            response = self.shown(_text(message.get("content")))
            parts = [
                {
                    "type": "tool_call_response",
                    "id": message["tool_call_id"],
                    "response": response,
                }
            ]
        else:
            calls = [
                {"id": call["id"], **call["function"]} for call in message.get("tool_calls", ())
            ]
            parts = [*self._texts(_text(message.get("content"))), *map(self._call, calls)]
        return {"role": role, "parts": parts}

    def _texts(self, text: str) -> list[dict[str, Any]]:
        return [{"type": "text", "content": self.shown(text)}] if text else []

    def _call(self, call: Mapping[str, Any]) -> dict[str, Any]:
        arguments = self.shown(call["arguments"])
        return {
            "type": "tool_call",
            "id": call["id"],
            "name": call["name"],
            "arguments": _parsed(arguments),
        }


def _text(content: Any) -> str:
    """What a message says, which may come in parts."""
    if isinstance(content, str) or content is None:
        return content or ""
    return _json(content)


def _parsed(arguments: str) -> Any:
    """As the object that they are, where they are one."""
    try:
        return orjson.loads(arguments)
    except orjson.JSONDecodeError:
        return arguments


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
