"""One accepted request from its faults to its bill; whatever ends it, one row is written."""

import asyncio
from dataclasses import dataclass

import orjson
from aiohttp import web

from agentsite.simulator.faults import Faults
from agentsite.simulator.protocol.chat import ChatRequest
from agentsite.simulator.protocol.errors import ApiError
from agentsite.simulator.protocol.tokens import PromptCache

from .completion import Completion, complete
from .ledger import Asked, Bill, Ledger, Status
from .stream import ChunkStream, CutShort, Pace


@dataclass(slots=True)
class Exchange:
    """One request, with what it needs to be answered and billed."""

    request: web.Request
    request_id: str
    chat: ChatRequest
    task: str
    faults: Faults
    pace: Pace
    ledger: Ledger
    cache: PromptCache
    asked: Asked

    def _bill(
        self, status: Status, bill: Bill, http_status: int = 200, response_id: str = ""
    ) -> None:
        self.ledger.add(
            request_id=self.request_id,
            model=self.chat.model,
            task=self.task,
            status=status,
            http_status=http_status,
            bill=bill,
            response_id=response_id,
            asked=self.asked,
        )

    async def answer(self) -> web.StreamResponse:
        """Answer, refuse, hang or break off, as the task's directives ask."""
        try:
            if refusal := self.faults.refusal(self.chat.model):
                await asyncio.sleep(self.faults.delay)
                raise refusal
            completion = complete(self.chat, self.faults, self.cache)
        except ApiError as error:
            self._bill("refused", Bill(), error.status)
            raise
        if self.faults.hang is not None:
            return await self._hang(completion, self.faults.hang)
        if self.chat.stream:
            return await self._stream(completion)
        return await self._whole(completion)

    async def _hang(self, completion: Completion, seconds: float) -> web.StreamResponse:
        try:
            await asyncio.sleep(seconds)
        finally:
            self._bill("hung", completion.bill(0), response_id=completion.id)
        return self._dropped(web.StreamResponse())

    async def _stream(self, completion: Completion) -> web.StreamResponse:
        stream = ChunkStream(completion, self.pace, self.faults, self.chat.include_usage)
        response = web.StreamResponse(headers=self._headers("text/event-stream; charset=utf-8"))
        try:
            await asyncio.sleep(self.faults.delay)
            await response.prepare(self.request)
            await stream.send(response)
        except CutShort:
            self._bill("cut", completion.bill(stream.sent), response_id=completion.id)
            return self._dropped(response)
        except (asyncio.CancelledError, ConnectionError):
            self._bill("client_gone", completion.bill(stream.sent), response_id=completion.id)
            raise
        # Billed before the last bytes leave, so that whoever has read them finds the row.
        self._bill("completed", completion.bill(), response_id=completion.id)
        await response.write(stream.ending())
        return response

    async def _whole(self, completion: Completion) -> web.StreamResponse:
        loop = asyncio.get_running_loop()
        total = len(completion.pieces)
        made = total if self.faults.cut is None else min(self.faults.cut, total)
        thinking = self.faults.delay + self.pace.thinking_s(completion.reasoning_tokens)
        start = loop.time() + thinking
        writing = made / self.pace.tokens_per_s if self.pace.tokens_per_s else 0.0
        try:
            await asyncio.sleep(thinking + writing)
        except asyncio.CancelledError:
            elapsed = loop.time() - start
            written = self.pace.due(elapsed) if elapsed > 0 else 0
            self._bill("client_gone", completion.bill(written), response_id=completion.id)
            raise
        if self.faults.cut is not None:
            self._bill("cut", completion.bill(made), response_id=completion.id)
            return self._dropped(web.StreamResponse())
        self._bill("completed", completion.bill(), response_id=completion.id)
        body = orjson.dumps(completion.whole(with_usage=not self.faults.no_usage))
        if self.faults.broken_json:
            body = body[: len(body) // 2]
        return web.Response(body=body, headers=self._headers("application/json"))

    def _headers(self, content_type: str) -> dict[str, str]:
        return {
            "Content-Type": content_type,
            "Cache-Control": "no-cache",
            "x-request-id": self.request_id,
        }

    def _dropped(self, response: web.StreamResponse) -> web.StreamResponse:
        if self.request.transport is not None:
            self.request.transport.close()
        return response
