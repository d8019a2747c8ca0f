"""A provider that says exactly what a test wrote for it, over real HTTP."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web

Body = dict[str, Any]
USAGE = {"prompt_tokens": 100, "completion_tokens": 10}


@dataclass
class Say:
    """One answer. `pieces` are its chunks; with `cut`, the connection breaks after them."""

    text: str = ""
    calls: tuple[tuple[str, str], ...] = ()
    usage: Any = field(default_factory=lambda: dict(USAGE))
    finish: str | None = None
    refusal: str = ""
    pieces: tuple[str, ...] = ()
    pause_s: float = 0.0
    cut: bool = False
    hang: bool = False
    raw: bytes | None = None
    content_type: str = "text/event-stream"
    done: bool = True

    def chunks(self) -> list[Body]:
        deltas: list[Body] = [{"content": piece} for piece in self.pieces or (self.text,) if piece]
        for index, (name, arguments) in enumerate(self.calls):
            half = len(arguments) // 2
            function = {"name": name, "arguments": arguments[:half]}
            deltas.append(
                {"tool_calls": [{"index": index, "id": f"c{index}", "function": function}]}
            )
            rest = {"index": index, "function": {"arguments": arguments[half:]}}
            deltas.append({"tool_calls": [rest]})
        if self.refusal:
            deltas.append({"refusal": self.refusal})
        return [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]

    def ending(self) -> bytes:
        reason = self.finish or ("tool_calls" if self.calls else "stop")
        chunks: list[Body] = [{"choices": [{"delta": {}, "finish_reason": reason}]}]
        if self.usage is not None:
            chunks.append({"choices": [], "usage": self.usage})
        return b"".join(map(event, chunks)) + (b"data: [DONE]\n\n" if self.done else b"")


@dataclass
class Refuse:
    """An HTTP error."""

    status: int
    message: str = "no"
    code: str | None = None
    param: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Silence:
    """The request is taken, and nothing comes back."""


Answer = Say | Refuse | Silence


def event(chunk: Body) -> bytes:
    return b"data: " + orjson.dumps({"id": "r1", "model": "m-1", **chunk}) + b"\n\n"


class Provider:
    """Plays `script` in order, or asks `answer` when the script is empty."""

    def __init__(self) -> None:
        self.script: list[Answer] = []
        self.answer: Callable[[Body], Answer] | None = None
        self.requests: list[Body] = []
        self.connections: set[Any] = set()
        self.dropped = asyncio.Event()
        self.under_way = 0
        self.most_at_once = 0
        self.url = ""

    async def serve(self) -> web.AppRunner:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._chat)
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        return runner

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = orjson.loads(await request.read())
        self.requests.append(body)
        self.connections.add(request.transport)
        answer = self.script.pop(0) if self.script else self.answer(body) if self.answer else None
        assert answer is not None, "the script is over"
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        try:
            return await self._play(request, answer)
        except (asyncio.CancelledError, ConnectionError):
            self.dropped.set()
            raise
        finally:
            self.under_way -= 1

    async def _play(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        if isinstance(answer, Silence):
            await asyncio.sleep(3600)
        if isinstance(answer, Refuse):
            error = {"message": answer.message, "code": answer.code, "param": answer.param}
            data = orjson.dumps({"error": error})
            return web.Response(status=answer.status, body=data, headers=answer.headers)
        assert isinstance(answer, Say)
        response = web.StreamResponse(headers={"Content-Type": answer.content_type})
        await response.prepare(request)
        await self._say(request, response, answer)
        return response

    async def _say(self, request: web.Request, out: web.StreamResponse, answer: Say) -> None:
        if answer.raw is not None:
            await out.write(answer.raw)
        for chunk in answer.chunks():
            await out.write(event(chunk))
            await asyncio.sleep(answer.pause_s)
        if answer.hang:
            await asyncio.sleep(3600)
        if answer.cut:
            assert request.transport is not None
            request.transport.close()
            return
        if answer.raw is None:
            await out.write(answer.ending())
