"""The lean reader of a streamed chat completion: bytes in, new text out.

This is the hot loop of the product: one JSON parse a read, not one a chunk, and no objects.
"""

import logging
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from runs.engine.provider.failures import BAD_STREAM, PROVIDER_ERROR
from runs.engine.types import Reply, ToolCall, Usage

DATA = b"data:"
DONE = b"[DONE]"
FIELDS = (DATA, b"event:", b"id:", b"retry:", b":")
# Some endpoints send a whole answer in one line. 128,000 tokens, with all letters escaped, fit.
MAX_LINE_BYTES = 8 * 2**20
# A count beyond this is no count; it would not fit the ledger either.
MAX_TOKENS = 100_000_000

logger = logging.getLogger(__name__)


class StreamReader:
    """Gathers one answer. `fault` says why the stream can't be trusted, once it can't.

    `done` says that nothing of it is left to read, `characters` how much output was read.
    """

    def __init__(self) -> None:
        self.done = False
        self.cut = False
        self.fault: dict[str, str] | None = None
        self.usage: Usage | None = None
        self.characters = 0
        self._unfinished = bytearray()
        self._text: list[str] = []
        self._hidden: list[str] = []
        self._refusal: list[str] = []
        self._calls: dict[int, dict[str, str]] = {}
        self._finish_reason = ""
        self._model = ""
        self._response_id = ""

    def feed(self, data: bytes) -> str:
        """Take in what was read; return the answer's text in it."""
        if b"\n" not in data:
            self._wait_for_line_end(data)
            return ""
        *lines, rest = b"".join((self._unfinished, data)).split(b"\n")
        self._unfinished = bytearray(rest)
        payloads = [data for line in lines if line.startswith(DATA) and (data := line[5:].strip())]
        if DONE in payloads:
            self.done = True
            payloads = payloads[: payloads.index(DONE)]
        before = len(self._text)
        for chunk in self._parse(payloads):
            self._take(chunk)
        return "".join(self._text[before:])

    @property
    def received(self) -> str:
        """All output so far: text, refusal, shown reasoning, and tool calls with their framing.

        Of an event that is not yet complete, its bytes as they are: their output was bought too.
        """
        calls = [
            f'\n{{"tool_call": {{"name": "{call["name"]}", "arguments": {call["arguments"]}}}}}'
            for call in self._calls.values()
        ]
        event = self._unfinished if self._unfinished.startswith(DATA) else b""
        return "".join(
            (*self._hidden, *self._text, *self._refusal, *calls, event.decode(errors="replace"))
        )

    def reply(self) -> Reply | None:
        """The answer, if the model said that it is finished and nothing was wrong."""
        if self.fault or not self._finish_reason:
            return None
        return Reply(
            content="".join(self._text),
            tool_calls=tuple(
                ToolCall(call["id"] or f"call_{index}", call["name"], call["arguments"])
                for index, call in sorted(self._calls.items())
            ),
            finish_reason=self._finish_reason,
            model=self._model,
            response_id=self._response_id,
            refusal="".join(self._refusal),
        )

    def cut_at_cap(self) -> None:
        """End the answer here, as an endpoint that honours the cap would have."""
        self._finish_reason = "length"
        self.cut = True
        self.usage = None  # a count that came along is not the last one

    def _wait_for_line_end(self, data: bytes) -> None:
        self._unfinished += data
        if len(self._unfinished) > MAX_LINE_BYTES:
            self._fail(f"The stream held a line of more than {MAX_LINE_BYTES >> 20} MiB.")
            self.done = True

    def _parse(self, payloads: list[bytes]) -> Iterable[Any]:
        try:
            return list(orjson.loads(b"[" + b",".join(payloads) + b"]"))
        except orjson.JSONDecodeError:
            return self._parse_one_by_one(payloads)

    def _parse_one_by_one(self, payloads: list[bytes]) -> Iterator[Any]:
        """Lazy, so that what came before the broken piece has been taken when it is met."""
        for payload in payloads:
            try:
                chunk = orjson.loads(payload)
            except orjson.JSONDecodeError:
                self._fail("The stream held broken JSON.")
                return
            yield chunk

    def _take(self, chunk: Any) -> None:
        try:
            choices = chunk.get("choices")
            if choices:
                choice = choices[0]
                self._take_delta(choice.get("delta") or {})
                if reason := choice.get("finish_reason"):
                    self._finish_reason = reason
            if usage := chunk.get("usage"):
                self.usage = read_usage(usage)
            if not self._model:
                self._model = chunk.get("model") or ""
                self._response_id = chunk.get("id") or ""
            if error := chunk.get("error"):
                self.fault = _error_of(error)
        except (AttributeError, TypeError, LookupError):
            self._fail("The stream held an unknown shape.")

    def _fail(self, message: str) -> None:
        """What comes after the model's last word can't undo an answer that was paid for."""
        if not self._finish_reason:
            self.fault = {"code": BAD_STREAM.code, "message": message}

    def _take_delta(self, delta: dict[str, Any]) -> None:
        if content := delta.get("content"):
            self._add(self._text, _text_of(content))
        for call in delta.get("tool_calls") or ():
            self._take_call(call)
        if refusal := delta.get("refusal"):
            self._add(self._refusal, _text_of(refusal))
        # The names under which compatible endpoints stream reasoning, which they bill as output.
        if hidden := delta.get("reasoning_content") or delta.get("reasoning"):
            self._add(self._hidden, _text_of(hidden))

    def _add(self, texts: list[str], text: str) -> None:
        texts.append(text)
        self.characters += len(text)

    def _take_call(self, fragment: dict[str, Any]) -> None:
        index = fragment.get("index")
        if index is None:  # some endpoints send each call whole and unnumbered
            index = len(self._calls) if fragment.get("id") else max(len(self._calls) - 1, 0)
        call = self._calls.setdefault(index, {"id": "", "name": "", "arguments": ""})
        function = fragment.get("function") or {}
        call["id"] = call["id"] or fragment.get("id") or ""
        for part in ("name", "arguments"):
            text = function.get(part) or ""
            call[part] += text
            self.characters += len(text)


def begins_events(start: bytes) -> bool:
    """True when an answer that starts like this can be an event stream."""
    return start.lstrip().startswith(FIELDS)


def _text_of(value: Any) -> str:
    """A text, also where an endpoint streams it as a list of parts. Raises TypeError."""
    if isinstance(value, list):
        return "".join(_text_of(part.get("text") or "") for part in value)
    if not isinstance(value, str):
        raise TypeError
    return value


def read_usage(usage: dict[str, Any]) -> Usage | None:
    """The provider's count in disjoint buckets; None when its numbers make no sense."""
    prompt, output = _whole(usage, "prompt_tokens"), _whole(usage, "completion_tokens")
    cached = _whole(usage.get("prompt_tokens_details") or {}, "cached_tokens", absent=0)
    reasoning = _whole(usage.get("completion_tokens_details") or {}, "reasoning_tokens", absent=0)
    if not (0 <= cached <= prompt and 0 <= reasoning <= output):
        return None
    return Usage(prompt - cached, cached, output, reasoning)


def _whole(numbers: dict[str, Any], name: str, *, absent: int = -1) -> int:
    value = numbers.get(name)
    if value is None:
        return absent
    return value if type(value) is int and value <= MAX_TOKENS else -1


def _error_of(error: Any) -> dict[str, str]:
    if not isinstance(error, dict):
        error = {"message": error}
    code = str(error.get("code") or error.get("type") or PROVIDER_ERROR.code)
    # Its own words may name the account, so readers don't get them.
    logger.warning("the provider failed within an answer: %.500s", error.get("message"))
    return {"code": code, "message": "The provider failed while it answered."}
