"""A provider over HTTP: says what a script wants at a fixed pace, and keeps what it was asked."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web

from runs.engine import tokens

Body = dict[str, Any]


@dataclass(frozen=True)
class Say:
    """One answer: its text, and the tool calls in it, by name and arguments."""

    text: str = ""
    calls: tuple[tuple[str, str], ...] = ()
    cut: bool = False

    @property
    def output_tokens(self) -> int:
        """What it has by our own count."""
        written = [self.text, *(f"{name}{arguments}" for name, arguments in self.calls)]
        return sum(map(tokens.count, written))

    def up_to(self, cap: int) -> "Say":
        """What of its text has at most so many tokens."""
        if not self.text or (count := tokens.count(self.text)) <= cap:
            return self
        return Say(self.text[: len(self.text) * cap // count], self.calls, cut=True)


Model = Callable[[Body], Say]


@dataclass(frozen=True)
class Pace:
    """How fast an answer comes, and in how many tokens at a time."""

    first_s: float = 0.5
    token_s: float = 0.01
    tokens_a_piece: int = 8


@dataclass
class Call:
    """A request, what was said, and when."""

    body: Body
    said: Say
    began_s: float
    ended_s: float = 0.0


@dataclass
class Provider:
    """Answers with what the model says."""

    model: Model
    pace: Pace = field(default_factory=Pace)
    port: int = 0
    calls: list[Call] = field(default_factory=list)

    async def serve(self) -> tuple[web.AppRunner, str]:
        """Serve until the runner is cleaned up, at the address."""
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._chat)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        return runner, f"http://127.0.0.1:{runner.addresses[0][1]}/v1"

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = orjson.loads(await request.read())
        clock = asyncio.get_running_loop()
        call = Call(body, self.model(body).up_to(body["max_completion_tokens"]), clock.time())
        self.calls.append(call)
        await asyncio.sleep(self.pace.first_s)
        if not body.get("stream"):
            return web.json_response(_at_once(call.said))
        out = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await out.prepare(request)
        with suppress(ConnectionResetError):  # who has read enough goes away
            await self._write(out, call)
        return out

    async def _write(self, out: web.StreamResponse, call: Call) -> None:
        for delta, count in pieces(call.said, self.pace.tokens_a_piece):
            await asyncio.sleep(count * self.pace.token_s)
            await out.write(_event({"choices": [{"index": 0, "delta": delta}]}))
        call.ended_s = asyncio.get_running_loop().time()
        await out.write(_ending(call.said))


def pieces(said: Say, size: int) -> list[tuple[Body, float]]:
    """The deltas of an answer, each with its share of the tokens."""
    found: list[tuple[Body, float]] = []
    for text, count in _cut(said.text, size):
        found.append(({"content": text}, count))
    for index, (name, arguments) in enumerate(said.calls):
        call = {"index": index, "id": f"c{index}", "function": {"name": name, "arguments": ""}}
        found.append(({"tool_calls": [call]}, tokens.count(name)))
        for text, count in _cut(arguments, size):
            more = {"index": index, "function": {"arguments": text}}
            found.append(({"tool_calls": [more]}, count))
    return found


def _cut(text: str, size: int) -> list[tuple[str, float]]:
    """The text in equal pieces of about so many tokens."""
    count = tokens.count(text)
    if not count:
        return []
    pieces = -(-count // size)
    step = -(-len(text) // pieces)
    cut = [text[at : at + step] for at in range(0, len(text), step)]
    return [(piece, count / len(cut)) for piece in cut]


def _at_once(said: Say) -> Body:
    """An answer that isn't streamed; only texts are asked for so."""
    message = {"role": "assistant", "content": said.text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": 100, "completion_tokens": said.output_tokens}
    usage["total_tokens"] = sum(usage.values())
    return {
        "id": "r1",
        "object": "chat.completion",
        "created": 1,
        "model": "m-1",
        "choices": [choice],
        "usage": usage,
    }


def _ending(said: Say) -> bytes:
    reason = "length" if said.cut else "tool_calls" if said.calls else "stop"
    usage = {"prompt_tokens": 100, "completion_tokens": said.output_tokens}
    chunks: list[Body] = [
        {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]},
        {"choices": [], "usage": usage},
    ]
    return b"".join(map(_event, chunks)) + b"data: [DONE]\n\n"


def _event(chunk: Body) -> bytes:
    return b"data: " + orjson.dumps({"id": "r1", "model": "m-1", **chunk}) + b"\n\n"
