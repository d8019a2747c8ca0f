"""Sends a completion at a believable pace, and bills what was made when it is interrupted."""

import asyncio
import sys
from dataclasses import dataclass

import orjson
from aiohttp import web

from agentsite.simulator.faults import Faults
from agentsite.simulator.protocol.reply import deltas

from .completion import Completion

# Chunks that fall due within one tick leave in one write: a hundred streams of 200 chunks a
# second then cost 5,000 wake-ups, not 20,000.
_TICK_S = 0.02
_WRITE_CHUNKS = 512
_REASONING_SPEEDUP = 4

_BROKEN_LINE = b'data: {"id":"chatcmpl-broken","choices":[{"index":0,"delta":{"content":"\n\n'


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast tokens come; zero is as fast as the machine can."""

    first_token_s: float
    tokens_per_s: float

    def under(self, faults: Faults) -> "Pace":
        """This pace, as changed by directives."""
        rate = faults.rate if faults.rate is not None else faults.tokens_per_s
        return Pace(self.first_token_s, self.tokens_per_s if rate is None else rate)

    def thinking_s(self, reasoning_tokens: int) -> float:
        """Seconds until the first visible token."""
        if not self.tokens_per_s:
            return self.first_token_s
        return self.first_token_s + reasoning_tokens / (self.tokens_per_s * _REASONING_SPEEDUP)

    def due(self, elapsed: float) -> int:
        """How many pieces are made after this many seconds."""
        if not self.tokens_per_s:
            return sys.maxsize
        return int(elapsed * self.tokens_per_s) + 1


class CutShort(Exception):
    """The connection was closed on request, in mid-stream."""


class ChunkStream:
    """Writes one completion as server-sent events; ``sent`` says how far it came."""

    def __init__(
        self, completion: Completion, pace: Pace, faults: Faults, include_usage: bool
    ) -> None:
        self.sent = 0
        self._completion = completion
        self._pace = pace
        self._faults = faults
        self._include_usage = include_usage
        self._deltas = deltas(completion.reply, completion.pieces)
        self._head, self._tail = self._frame()

    def _frame(self) -> tuple[bytes, bytes]:
        chunk = self._completion.envelope("chat.completion.chunk")
        fields = orjson.dumps(chunk)[:-1]
        head = b"data: " + fields + b',"choices":[{"index":0,"delta":'
        usage = b',"usage":null' if self._include_usage else b""
        return head, b',"logprobs":null,"finish_reason":null}]' + usage + b"}\n\n"

    def _chunks(self, start: int, end: int) -> bytes:
        joint = self._tail + self._head
        return self._head + joint.join(self._deltas[start:end]) + self._tail

    async def send(self, response: web.StreamResponse) -> None:
        """Write all but the closing chunks; raise ``CutShort`` where a cut was asked for."""
        await asyncio.sleep(self._pace.thinking_s(self._completion.reasoning_tokens))
        opening = b'{"role":"assistant","content":"","refusal":null}'
        await response.write(self._head + opening + self._tail)
        cut = self._faults.cut
        goal = len(self._deltas) if cut is None else min(cut, len(self._deltas))
        if self._faults.broken_json:
            await self._write_until(goal // 2, response)
            await response.write(_BROKEN_LINE)
        await self._write_until(goal, response)
        if cut is not None:
            raise CutShort

    async def _write_until(self, goal: int, response: web.StreamResponse) -> None:
        start, first = asyncio.get_running_loop().time(), self.sent
        while self.sent < goal:
            elapsed = asyncio.get_running_loop().time() - start
            due = min(first + self._pace.due(elapsed), goal, self.sent + _WRITE_CHUNKS)
            if due > self.sent:
                await response.write(self._chunks(self.sent, due))
                self.sent = due
            if self.sent < goal and self._pace.tokens_per_s:
                ahead = (self.sent - first) / self._pace.tokens_per_s - elapsed
                await asyncio.sleep(max(_TICK_S, ahead))

    def ending(self) -> bytes:
        """The chunks that close the stream: finish reason, usage, ``[DONE]``."""
        envelope = self._completion.envelope("chat.completion.chunk")
        choice = {
            "index": 0,
            "delta": {},
            "logprobs": None,
            "finish_reason": self._completion.finish_reason,
        }
        usage_slot = {"usage": None} if self._include_usage else {}
        lines = [orjson.dumps(envelope | {"choices": [choice]} | usage_slot)]
        if self._include_usage and not self._faults.no_usage:
            usage = {"choices": [], "usage": self._completion.usage()}
            lines.append(orjson.dumps(envelope | usage))
        return b"".join(b"data: %b\n\n" % line for line in [*lines, b"[DONE]"])
