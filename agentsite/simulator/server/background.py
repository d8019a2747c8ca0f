"""Responses that are made in the background: read from any event on, by whoever has their id."""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator
from typing import Any

import orjson

from agentsite.simulator.faults import Faults
from agentsite.simulator.protocol.errors import ApiError
from agentsite.simulator.protocol.reply import message_of

from .completion import Completion
from .ledger import Asked, Ledger, Status
from .stream import Pace

_KEPT = 10_000
_TICK_S = 0.02
_ENDED = ("completed", "incomplete", "cancelled")


class Background:
    """One response. Its events are numbered from 0, and kept."""

    def __init__(self, completion: Completion, asked: Asked) -> None:
        self.id = f"resp_{secrets.token_hex(24)}"
        self.status = "queued"
        self.made = 0
        self._completion = completion
        self._asked = asked
        self._events: list[bytes] = []
        self._more = asyncio.Condition()

    async def run(
        self, pace: Pace, faults: Faults, ledger: Ledger, task: str, request: str
    ) -> None:
        """Make it, at its pace, and bill what was made; cancelled, it stops where it is."""
        pieces = self._completion.pieces
        try:
            self.status = "in_progress"
            await self._emit("response.created", response=self.body())
            await asyncio.sleep(faults.delay + pace.thinking_s(self._completion.reasoning_tokens))
            start = asyncio.get_running_loop().time()
            while self.made < len(pieces):
                elapsed = asyncio.get_running_loop().time() - start
                due = min(pace.due(elapsed), len(pieces))
                for piece in pieces[self.made : due]:
                    await self._emit(_TYPES[piece.kind], delta=piece.text)
                self.made = due
                if self.made < len(pieces):
                    await asyncio.sleep(_TICK_S)
        except asyncio.CancelledError:
            await self._end("cancelled", "client_gone", ledger, task, request)
        else:
            cut = self._completion.finish_reason == "length"
            await self._end(
                "incomplete" if cut else "completed", "completed", ledger, task, request
            )

    async def events(self, after: int) -> AsyncIterator[bytes]:
        """All after this one, as they are made."""
        position = after + 1
        while True:
            async with self._more:
                while position >= len(self._events) and self.status not in _ENDED:
                    await self._more.wait()
            if position >= len(self._events):
                return
            chunk, position = self._events[position:], len(self._events)
            yield b"".join(chunk)

    def body(self) -> dict[str, Any]:
        """The response as it is now."""
        ended = self.status in _ENDED
        return {
            "id": self.id,
            "object": "response",
            "created_at": self._completion.created,
            "status": self.status,
            "background": True,
            "model": self._completion.model,
            "service_tier": "default",
            "metadata": self._asked.metadata,
            "incomplete_details": (
                {"reason": "max_output_tokens"} if self.status == "incomplete" else None
            ),
            "output": self._output() if ended else [],
            "usage": self._usage() if ended else None,
        }

    async def _end(
        self, status: str, billed: Status, ledger: Ledger, task: str, request: str
    ) -> None:
        """Billed before anyone can read that it ended."""
        ledger.add(
            request_id=request,
            model=self._completion.model,
            task=task,
            status=billed,
            http_status=200,
            bill=self._completion.bill(self.made),
            response_id=self.id,
            asked=self._asked,
        )
        self.status = status
        await self._emit(f"response.{status}", response=self.body())

    async def _emit(self, kind: str, **fields: Any) -> None:
        event = {"type": kind, "sequence_number": len(self._events), **fields}
        async with self._more:
            self._events.append(b"event: %b\ndata: %b\n\n" % (kind.encode(), orjson.dumps(event)))
            self._more.notify_all()

    def _output(self) -> list[dict[str, Any]]:
        message = message_of(self._completion.reply, self._completion.pieces[: self.made])
        parts = []
        if message["content"]:
            parts.append({"type": "output_text", "text": message["content"], "annotations": []})
        if message["refusal"]:
            parts.append({"type": "refusal", "refusal": message["refusal"]})
        said = {"type": "message", "role": "assistant", "status": "completed", "content": parts}
        calls = [
            {"type": "function_call", "call_id": call["id"], **call["function"]}
            for call in message.get("tool_calls", ())
        ]
        return ([said] if parts else []) + calls

    def _usage(self) -> dict[str, Any]:
        bill = self._completion.bill(self.made)
        return {
            "input_tokens": bill.prompt_tokens,
            "input_tokens_details": {"cached_tokens": bill.cached_tokens},
            "output_tokens": bill.completion_tokens,
            "output_tokens_details": {"reasoning_tokens": bill.reasoning_tokens},
            "total_tokens": bill.prompt_tokens + bill.completion_tokens,
        }


_TYPES = {
    "content": "response.output_text.delta",
    "refusal": "response.refusal.delta",
    "call": "response.function_call_arguments.delta",
    "arguments": "response.function_call_arguments.delta",
}


class Backgrounds:
    """All that are kept, newest last, each with the task that makes it."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[Background, asyncio.Task[None]]] = OrderedDict()

    def begin(self, one: Background, making: Any) -> None:
        """Make it, whether anyone reads it or not."""
        self._kept[one.id] = (one, asyncio.create_task(making))
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)

    def get(self, answer_id: str) -> Background:
        """The response. Raises a 404."""
        return self._found(answer_id)[0]

    async def cancel(self, answer_id: str) -> Background:
        """Stop making it; one that has ended is left alone."""
        one, task = self._found(answer_id)
        if one.status not in _ENDED:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        return one

    def _found(self, answer_id: str) -> tuple[Background, asyncio.Task[None]]:
        if answer_id not in self._kept:
            raise ApiError(404, f"Response with id '{answer_id}' not found.")
        return self._kept[answer_id]
