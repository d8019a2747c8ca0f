"""Reads the events of one response: text as it comes, and the whole answer of its last event."""

from collections.abc import Mapping
from typing import Any

from runs.engine.provider.sse import BrokenStream, EventReader
from runs.engine.provider.text import cleaned
from runs.engine.provider.usage import read_usage
from runs.engine.types import Reply, ToolCall, Usage

TEXT = "response.output_text.delta"
UNSHOWN = ("response.refusal.delta", "response.function_call_arguments.delta")
LAST = ("completed", "incomplete", "failed", "cancelled")
ENDINGS = {"max_output_tokens": "length", "content_filter": "content_filter"}


class ResponseReader:
    """Gathers one response over all connections that it takes to read it.

    `number` is that of the last event, `response` the whole answer once it came.
    """

    def __init__(self, *, answer_id: str = "", number: int = -1) -> None:
        self.answer_id = answer_id
        self.number = number
        self.response: Mapping[str, Any] | None = None
        self.error: Any = None
        self.received = ""
        self._events = EventReader()

    def reconnect(self) -> None:
        """What follows comes over a new connection."""
        self._events = EventReader()

    def feed(self, data: bytes) -> str:
        """Take in what was read; return the text in it. Raises `BrokenStream`."""
        return "".join(self._take(event) for event in self._events.feed(data))

    def over(self) -> bool:
        """True when the provider itself ended the answer."""
        return self.response is not None or self.error is not None

    @property
    def usage(self) -> Usage | None:
        """What the provider counted, if it said so."""
        return read_usage((self.response or {}).get("usage") or {})

    def reply(self) -> Reply | None:
        """The answer, if it came to a good end."""
        response = self.response
        if response is None or response.get("status") not in ("completed", "incomplete"):
            return None
        items = response.get("output") or []
        parts = [part for item in items for part in item.get("content") or ()]
        calls = tuple(
            ToolCall(item["call_id"], item["name"], item["arguments"])
            for item in items
            if item.get("type") == "function_call"
        )
        reason = (response.get("incomplete_details") or {}).get("reason", "")
        ending = ENDINGS.get(reason, "length") if reason else "tool_calls" if calls else "stop"
        return Reply(
            content=_said(parts, "output_text", "text"),
            tool_calls=calls,
            finish_reason=ending,
            model=str(response.get("model") or ""),
            response_id=self.answer_id,
            refusal=_said(parts, "refusal", "refusal"),
            service_tier=str(response.get("service_tier") or ""),
        )

    def _take(self, event: Any) -> str:
        if not isinstance(event, dict):
            raise BrokenStream("The stream held an unknown shape.")
        if event.get("error") or event.get("type") == "error":
            self.error = event if event.get("error") else {"error": event}
            return ""
        number = event.get("sequence_number")
        if isinstance(number, int):
            if number <= self.number:
                return ""  # said again after a new connection
            self.number = number
        response = event.get("response")
        if isinstance(response, dict):
            self.answer_id = self.answer_id or str(response.get("id") or "")
            if response.get("status") in LAST:
                self.response = response
        if event.get("type") == TEXT:
            text = cleaned(str(event.get("delta") or ""))
            self.received += text
            return text
        if event.get("type") in UNSHOWN:
            self.received += cleaned(str(event.get("delta") or ""))
        return ""


def _said(parts: list[Any], kind: str, name: str) -> str:
    return cleaned("".join(part[name] for part in parts if part.get("type") == kind))
