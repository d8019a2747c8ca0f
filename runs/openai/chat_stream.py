"""A chat completion as it is written, chunk by chunk."""

from collections.abc import AsyncIterator
from typing import Any

from runs.models import Run
from runs.openai.chat_answer import call_of, completion_id, usage_of
from runs.openai.delivery import Order, Piece, pieces
from runs.openai.outcome import Outcome
from runs.openai.sse import DONE, PING, Heartbeat, data
from web.openai_errors import openai_error


async def chat_chunks(
    order: Order, run: Run, model: str, *, include_usage: bool
) -> AsyncIterator[bytes]:
    """The frames of the answer."""
    chunk = Chunk(run, model, include_usage)
    heart = Heartbeat()
    yield chunk.delta({"role": "assistant", "content": "", "refusal": None})
    async for piece in pieces(order, run):
        if piece.text:
            heart.spoke()
            yield chunk.delta({"content": piece.text})
        elif heart.beat():
            yield PING
        if fault := _fault(piece):
            yield data(fault)
            return
        if piece.outcome:
            for frame in _end(chunk, piece.outcome):
                yield frame


def _fault(piece: Piece) -> dict[str, Any] | None:
    """The error that ends a stream without an answer."""
    if piece.fault:
        status, code, message = piece.fault
        return openai_error(status, code, message)
    if piece.outcome and piece.outcome.failed:
        code, message = piece.outcome.error
        return openai_error(piece.outcome.status, code, message, **piece.outcome.facts)
    return None


def _end(chunk: "Chunk", outcome: Outcome) -> list[bytes]:
    frames = []
    calls = [{"index": n, **call_of(call)} for n, call in enumerate(outcome.tool_calls)]
    if calls:
        frames.append(chunk.delta({"tool_calls": calls}))
    if outcome.refusal is not None:
        frames.append(chunk.delta({"refusal": outcome.refusal}))
    frames.append(chunk.delta({}, outcome.finish_reason, agentsite=outcome.facts))
    if chunk.include_usage:
        frames.append(chunk.last(outcome))
    return [*frames, DONE]


class Chunk:
    """Makes the chunks of one answer."""

    def __init__(self, run: Run, model: str, include_usage: bool) -> None:
        self.include_usage = include_usage
        self._head = {
            "id": completion_id(run),
            "object": "chat.completion.chunk",
            "created": int(run.created_at.timestamp()),
            "model": model,
            "service_tier": "default",
        }

    def delta(self, delta: dict[str, Any], finish_reason: str | None = None, **more: Any) -> bytes:
        """A piece of the answer."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        # All chunks but the last say that there is none yet.
        usage = {"usage": None} if self.include_usage else {}
        return data({**self._head, "choices": [choice], **usage, **more})

    def last(self, outcome: Outcome) -> bytes:
        """What it all used."""
        usage = usage_of(outcome)
        return data({**self._head, "choices": [], "usage": usage, "agentsite": outcome.facts})
