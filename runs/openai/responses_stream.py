"""A response as a stream of typed events.

A `sequence_number` is a place in the answer: the opening events come first, a piece of text has the
number of its last character, the closing events follow. So it is the same in every stream of a
response, and a stream can begin behind any of them (`starting_after`).
"""

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any

from runs.models import Run
from runs.openai.delivery import Order, Piece, pieces
from runs.openai.items import message_id, output_message
from runs.openai.outcome import Outcome
from runs.openai.responses_answer import response_object, status_of
from runs.openai.sse import PING, Heartbeat, event
from web.openai_errors import openai_error

# The number of the last event before the text: created, in progress, item added, part added.
OPENING = 3
ENDS = {
    "completed": "response.completed",
    "incomplete": "response.incomplete",
    "failed": "response.failed",
    # OpenAI has no event of its own for it; the response says what became of it.
    "cancelled": "response.failed",
}
NO_TEXT = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}


async def response_events(
    order: Order, run: Run, *, starting_after: int = -1
) -> AsyncGenerator[bytes, None]:
    """The frames of the events after that number."""
    writer = Writer(run, starting_after)
    heart = Heartbeat()
    for frame in writer.opening():
        yield frame
    async with aclosing(pieces(order, run, skip=writer.skip)) as found:
        async for piece in found:
            frames = list(writer.frames(piece))
            for frame in frames:
                yield frame
            if frames:
                heart.spoke()
            elif heart.beat():
                yield PING


class Writer:
    """Writes the events of one response."""

    def __init__(self, run: Run, starting_after: int) -> None:
        self._run = run
        self._after = starting_after
        # So much of the answer the reader has.
        self.skip = max(0, starting_after - OPENING)
        self._text = ""
        self._begun = False

    def opening(self) -> Iterator[bytes]:
        """What is true of every response."""
        now = Outcome(self._run, None, 0)
        status = "queued" if self._run.started_at is None else "in_progress"
        begun = response_object(now, status=status, output=[])
        yield from self._event(0, "response.created", response=begun)
        going = response_object(now, status="in_progress", output=[])
        yield from self._event(1, "response.in_progress", response=going)

    def frames(self, piece: Piece) -> Iterator[bytes]:
        """The events of a piece of the answer."""
        if piece.text:
            yield from self._begin()
            self._text += piece.text
            yield from self._event(
                OPENING + self.skip + len(self._text),
                "response.output_text.delta",
                **self._at(content_index=0),
                delta=piece.text,
                logprobs=[],
            )
        if piece.fault:
            yield from self._fault(piece.fault)
        if piece.outcome:
            yield from self._end(piece.outcome)

    def _begin(self) -> Iterator[bytes]:
        if self._begun:
            return
        self._begun = True
        item = {**output_message(self._run.pk, "", "in_progress"), "content": []}
        yield from self._event(2, "response.output_item.added", output_index=0, item=item)
        yield from self._event(
            OPENING, "response.content_part.added", **self._at(content_index=0), part=NO_TEXT
        )

    def _end(self, outcome: Outcome) -> Iterator[bytes]:
        if outcome.text:
            yield from self._begin()
        number = OPENING + max(len(outcome.text.lstrip()), self.skip + len(self._text))
        response = response_object(outcome)
        for place, item in enumerate(response["output"]):
            for type, fields in _item_events(item, place, begun=outcome.text != ""):
                number += 1
                yield from self._event(number, type, **fields)
        kind = ENDS[status_of(outcome)]
        yield from self._event(number + 1, kind, response=response)

    def _fault(self, fault: tuple[int, str, str]) -> Iterator[bytes]:
        status, code, message = fault
        error = openai_error(status, code, message)["error"]
        number = OPENING + self.skip + len(self._text) + 1
        yield from self._event(number, "error", code=error["code"], message=message, param=None)

    def _at(self, **more: Any) -> dict[str, Any]:
        return {"item_id": message_id(self._run.pk), "output_index": 0, **more}

    def _event(self, number: int, type: str, **fields: Any) -> Iterator[bytes]:
        if number > self._after:
            yield event({"type": type, "sequence_number": number, **fields})


Events = Iterator[tuple[str, dict[str, Any]]]


def _item_events(item: dict[str, Any], place: int, *, begun: bool) -> Events:
    """The events that end an item, and those that begin one that wasn't shown yet."""
    if item["type"] == "function_call":
        yield from _call_events(item, place)
        return
    part = item["content"][0]
    at = {"item_id": item["id"], "output_index": place, "content_index": 0}
    if not begun:
        yield "response.output_item.added", {"output_index": place, "item": item}
        yield "response.content_part.added", {**at, "part": part}
    if part["type"] == "refusal":
        yield "response.refusal.done", {**at, "refusal": part["refusal"]}
    else:
        yield "response.output_text.done", {**at, "text": part["text"], "logprobs": []}
    yield "response.content_part.done", {**at, "part": part}
    yield "response.output_item.done", {"output_index": place, "item": item}


def _call_events(item: dict[str, Any], place: int) -> Events:
    at = {"item_id": item["id"], "output_index": place}
    empty = {**item, "arguments": "", "status": "in_progress"}
    yield "response.output_item.added", {"output_index": place, "item": empty}
    yield "response.function_call_arguments.delta", {**at, "delta": item["arguments"]}
    done = {"name": item["name"], "arguments": item["arguments"]}
    yield "response.function_call_arguments.done", {**at, **done}
    yield "response.output_item.done", {"output_index": place, "item": item}
