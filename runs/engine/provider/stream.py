"""The lean reader of a streamed chat completion: bytes in, new text out.

This is the hot loop of the product: one JSON parse a read, not one a chunk, and no objects.
"""

from collections.abc import Mapping
from typing import Any

from runs.engine.provider.endings import ending_of, last_word
from runs.engine.provider.sse import DATA, BrokenStream, EventReader
from runs.engine.provider.text import Text, cleaned
from runs.engine.provider.thinking import Splitter, without_late_thinking, without_marks
from runs.engine.provider.tool_calls import Gatherer
from runs.engine.provider.turn import Beside
from runs.engine.provider.usage import Counts, merged, read_usage
from runs.engine.types import Reply, Usage

# No name of a model or an answer is longer.
MAX_NAME = 200
# Where a part that is thinking has its text.
ERROR_FIELDS = ("errors", "detail", "error_code", "error_msg")
THOUGHTS = ("thinking", "reasoning", "text", "summary")


class StreamReader:
    """Gathers one answer. `characters` is how much output was read.

    `fault` says why the stream can't be trusted, once it can't. `refusal` is what the provider said
    when it ended its answer with an error.
    """

    def __init__(self) -> None:
        self.cut = False
        self.fault = ""
        self.error: Any = None
        self.characters = 0
        self._events = EventReader()
        self._broken = False
        self._ended = False
        self._content = Text()
        self._thinking = Text()
        self._refusal = Text()
        self._splitter = Splitter()
        self._answer: list[str] = []
        self._calls = Gatherer()
        self._beside = Beside()
        self._counts: Counts = {}
        self._finish = ""
        self._names = {"model": "", "id": "", "service_tier": ""}
        self._named = False
        self._count_came_last = False
        self._whole = False

    @property
    def done(self) -> bool:
        """Nothing of it is left to read."""
        return self._events.done or self._broken

    @property
    def ended(self) -> bool:
        """The provider itself ended it: with its last event, with an error, or by a whole body."""
        return self._ended or self._events.done or self.error is not None

    @property
    def answer_id(self) -> str:
        """What the provider calls the answer; empty until it said so."""
        return self._names["id"]

    def feed(self, data: bytes) -> str:
        """Take in what was read; return the answer's text in it."""
        return self._read(lambda: self._events.feed(data))

    def end(self) -> str:
        """The body is complete; return the text that was still waiting."""
        self._ended = True
        return self._read(self._events.end)

    @property
    def usage(self) -> Usage | None:
        """What the provider counted; None when it didn't, or when there is no sense in it."""
        return None if self.cut else read_usage(self._counts)

    @property
    def received(self) -> str:
        """All output so far: text, refusal, shown reasoning, and tool calls with their framing.

        Of an event that is not yet complete, its bytes as they are: their output was bought too.
        """
        waiting = self._events.unfinished
        event = waiting if waiting.startswith(DATA) else b""
        texts = (self._thinking, self._content, self._refusal, self._calls.received)
        return cleaned("".join((*map(str, texts), event.decode(errors="replace"))))

    def reply(self) -> Reply | None:
        """The answer, if it came to its end and nothing was wrong."""
        if self.fault or self.error is not None or not self._complete():
            return None
        ending = "length" if self.cut else ending_of(self._finish)
        if ending == "error":
            return None
        thinking, answer = self._split()
        calls = self._calls.calls()
        return Reply(
            content=answer,
            tool_calls=calls,
            finish_reason=("tool_calls" if calls else "stop") if ending == "end" else ending,
            model=self._names["model"],
            response_id=self._names["id"],
            refusal=str(self._refusal),
            service_tier=self._names["service_tier"],
            thinking=thinking,
            beside=self._beside.fields,
        )

    def cut_at_cap(self) -> None:
        """End the answer here, as an endpoint that honours the cap would have."""
        self.cut = True

    def _complete(self) -> bool:
        """A last word came, or all that follows one: [DONE], or the count of what was written."""
        if self._finish or self.cut:
            return True
        counted = self._count_came_last and self.usage is not None
        closed = self._events.done or (self._ended and (counted or self._whole))
        return closed and bool(self.characters or self._counts)

    def _read(self, events: Any) -> str:
        before = len(self._answer)
        try:
            for event in events():
                self._take(event)
        except BrokenStream as problem:
            self._broken = True
            self._fail(str(problem))
        return "".join(self._answer[before:])

    def _take(self, chunk: Any) -> None:
        try:
            if type(chunk) is list and len(chunk) == 1:  # Gemini puts its errors into a list
                chunk = chunk[0]
            if chunk is None or type(chunk) is str:
                chunk = {"error": chunk}
            if chunk.get("error"):
                self._refused(chunk)
                return
            choices = chunk.get("choices")
            if choices:
                self._take_choice(choices[0])
            if usage := chunk.get("usage"):
                self._counts = merged(self._counts, usage)
                self._count_came_last = not choices
            if choices and self._named and "x_groq" not in chunk:
                return  # so it is with nearly every chunk
            self._take_names(chunk)
            if not choices and _is_error(chunk):
                self._refused(chunk)
        except (AttributeError, TypeError, LookupError):
            self._fail("The stream held an unknown shape.")

    def _take_names(self, chunk: Mapping[str, Any]) -> None:
        """Who answered, and the count where Groq puts it."""
        names = self._names
        for name, known in names.items():
            if not known and isinstance(given := chunk.get(name), str):
                names[name] = cleaned(given)[:MAX_NAME]
        self._named = bool(names["model"] and names["id"])
        self._counts = merged(self._counts, _part(chunk, "x_groq").get("usage"))

    def _take_choice(self, choice: dict[str, Any]) -> None:
        self._count_came_last = False
        self._take_delta(choice.get("delta") or self._without_delta(choice))
        if usage := choice.get("usage"):
            self._counts = merged(self._counts, usage)
        error = choice.get("error") or _part(choice, "delta").get("error")
        if error and not self._finish:
            self.error = {"error": error}
        if word := last_word(choice.get("finish_reason")) or _stop_reason(choice):
            self._finish = word
            if ending_of(self._finish) == "error":
                self.error = {"error": error or {"code": self._finish}}

    def _without_delta(self, choice: Mapping[str, Any]) -> dict[str, Any]:
        """A whole answer has a message, one of the oldest kind only a text.

        A message after deltas says again what they said; only what they left out is taken.
        """
        message = choice.get("message")
        if not message:
            return {"content": choice.get("text")}
        if not self.characters:
            self._whole = True
            return dict(message)
        calls = self._calls.received
        said = {"content": str(self._content), "tool_calls": calls, "function_call": calls}
        return {name: message.get(name) for name, before in said.items() if not before}

    def _refused(self, chunk: Mapping[str, Any]) -> None:
        """What comes after the model's last word can't undo an answer that was paid for."""
        self._counts = merged(self._counts, chunk.get("usage"))
        if not self._finish:
            self.error = chunk

    def _fail(self, message: str) -> None:
        if not self._finish:
            self.fault = message

    def _take_delta(self, delta: dict[str, Any]) -> None:
        if content := delta.get("content"):
            self._write(content)
        if len(delta) > 1 or not content:
            self._take_others(delta)

    def _take_others(self, delta: dict[str, Any]) -> None:
        """All but content, which is all that most deltas have."""
        calls = delta.get("tool_calls") or ()
        for call in [calls] if isinstance(calls, dict) else calls:
            if call is not None:
                self.characters += self._calls.take(call)
        if function := delta.get("function_call"):
            self.characters += self._calls.take({"function": function})
        if refusal := delta.get("refusal"):
            self.characters += len(self._refusal.add(_text_of(refusal)))
        if thinking := self._beside.take(delta):
            self.characters += len(self._thinking.add(thinking))

    def _write(self, content: Any) -> None:
        """Content as text, or as parts of which some are thinking."""
        if isinstance(content, list):
            for part in content:
                if thought := _thought_of(part):
                    self.characters += len(self._thinking.add(thought))
                else:
                    self._write(_text_of(part))
            return
        text = self._content.add(content if type(content) is str else _text_of(content))
        self.characters += len(text)
        self._answer.append(text if self._splitter.answering else self._splitter.split(text)[1])

    def _split(self) -> tuple[str, str]:
        """Thinking and answer of the whole content, with the thinking that came by itself."""
        splitter = Splitter()
        written, answer = splitter.split(str(self._content))
        more, rest = splitter.rest()
        late, answer = without_late_thinking(answer + rest)
        thoughts = (str(self._thinking), written + more, late)
        return "\n\n".join(filter(None, map(str.strip, thoughts))), without_marks(answer)


def _is_error(chunk: Mapping[str, Any]) -> bool:
    """True for an error that doesn't stand under `error`: vLLM's, FastAPI's, MiniMax's, Baidu's.

    A message by itself is one; with a type of its own it may be news.
    """
    named = {chunk.get(name) for name in ("object", "type", "status")}
    said = any(chunk.get(name) for name in ERROR_FIELDS)
    alone = not chunk.keys() & {"object", "type"} and isinstance(
        chunk.get("message") or chunk.get("msg"), str
    )
    failed = chunk.get("success") is False or bool(_part(chunk, "base_resp").get("status_code"))
    return "error" in named or said or alone or failed


def _stop_reason(choice: Mapping[str, Any]) -> str:
    """The last word where an endpoint has Anthropic's name for it; elsewhere that is a number."""
    word = choice.get("stop_reason")
    return word if "finish_reason" not in choice and isinstance(word, str) else ""


def _part(chunk: Any, name: str) -> Mapping[str, Any]:
    """An object inside another one, where there is one."""
    found = chunk.get(name)
    return found if isinstance(found, Mapping) else {}


def _text_of(value: Any) -> str:
    """A text, also where an endpoint streams it as an object with one. Raises TypeError."""
    if isinstance(value, Mapping):
        value = value.get("text") or ""
    if not isinstance(value, str):
        raise TypeError
    return value


def _thought_of(part: Any) -> str:
    """The text of a part that is thinking; empty for any other."""
    if not isinstance(part, Mapping) or part.get("type") not in ("thinking", "reasoning"):
        return ""
    thought = next((part[name] for name in THOUGHTS if part.get(name)), "")
    return "".join(map(_text_of, thought)) if isinstance(thought, list) else _text_of(thought)
