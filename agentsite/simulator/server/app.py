"""The HTTP routes: OpenAI's ``/v1``, and the ledger and a web search under ``/sim``."""

import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import orjson
from aiohttp import web

from agentsite.simulator.conversation import Conversation
from agentsite.simulator.faults import FaultDesk, Faults
from agentsite.simulator.protocol.chat import parse_chat
from agentsite.simulator.protocol.errors import ApiError
from agentsite.simulator.protocol.models import LISTED, require_model
from agentsite.simulator.protocol.responses import parse_response
from agentsite.simulator.protocol.tokens import PromptCache
from agentsite.simulator.writing import web as simulated_web

from . import found, organisation
from .background import Background, Backgrounds
from .completion import complete
from .exchange import Exchange
from .ledger import Asked, Ledger
from .stream import Pace

_MAX_BODY = 8 * 1024 * 1024
_TOO_LONG = "The request is too large."
_REQUEST_ID = web.RequestKey("request_id", str)


@dataclass(frozen=True, slots=True)
class Options:
    """How one simulator was started."""

    pace: Pace
    require_key: bool = False
    allow_reset: bool = False
    show_ledger: bool = False
    hosts: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Simulator:
    """The handlers, with the state they share."""

    options: Options
    ledger: Ledger
    desk: FaultDesk = field(default_factory=FaultDesk)
    cache: PromptCache = field(default_factory=PromptCache)
    started: int = field(default_factory=lambda: int(time.time()))
    under_way: list[str] = field(default_factory=list)
    backgrounds: Backgrounds = field(default_factory=Backgrounds)

    def app(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(middlewares=[self._guard], client_max_size=_MAX_BODY)
        app.router.add_get("/v1/models", self.models)
        app.router.add_get("/v1/models/{name}", self.model)
        app.router.add_post("/v1/chat/completions", self.chat)
        app.router.add_get("/v1/chat/completions", self.stored)
        app.router.add_post("/v1/responses", self.respond)
        app.router.add_get("/v1/responses/{answer_id}", self.response)
        app.router.add_post("/v1/responses/{answer_id}/cancel", self.cancel)
        app.router.add_get("/v1/generation", self.generation)
        app.router.add_get("/v1/organization/usage/completions", self.usage)
        app.router.add_get("/v1/organization/costs", self.costs)
        app.router.add_get("/sim/ledger", self.rows)
        app.router.add_get("/sim/under-way", self.calls_under_way)
        app.router.add_post("/sim/reset", self.reset)
        app.router.add_get("/sim/search", self.search)
        return app

    @web.middleware
    async def _guard(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        request_id = request[_REQUEST_ID] = f"req_{secrets.token_hex(16)}"
        try:
            if not self._is_ours(request.host):
                raise ApiError(400, "Unknown host name: start the simulator with --allow-host.")
            if (request.content_length or 0) > _MAX_BODY:
                raise ApiError(413, _TOO_LONG)
            if request.path.startswith("/v1/"):
                self._check_key(request)
            return await handler(request)
        except ApiError as error:
            return error.response(request_id)
        except web.HTTPRequestEntityTooLarge:
            return ApiError(413, _TOO_LONG).response(request_id)
        except (web.HTTPNotFound, web.HTTPMethodNotAllowed) as error:
            message = f"Invalid URL ({request.method} {request.path})"
            return ApiError(error.status, message).response(request_id)

    def _is_ours(self, host: str) -> bool:
        """Not a name that another site's page made lead here; an address can't be made to."""
        name = urlsplit(f"//{host}").hostname or ""
        try:
            ip_address(name)
        except ValueError:
            return name in self.options.hosts or name == "localhost"
        return True

    def _check_key(self, request: web.Request) -> None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if self.options.require_key and not (scheme.lower() == "bearer" and key.strip()):
            message = "You didn't provide an API key in an Authorization header (Bearer auth)."
            raise ApiError(401, message, code="invalid_api_key")

    def _model_card(self, name: str) -> dict[str, object]:
        return {"id": name, "object": "model", "created": self.started, "owned_by": "simulator"}

    async def models(self, request: web.Request) -> web.Response:
        """The models on offer."""
        names = [*LISTED, *sorted(self.options.models - set(LISTED))]
        return _json({"object": "list", "data": [self._model_card(name) for name in names]})

    async def model(self, request: web.Request) -> web.Response:
        """One model."""
        name = request.match_info["name"]
        require_model(name, self.options.models)
        return _json(self._model_card(name))

    def _check_ledger_shown(self) -> None:
        if not self.options.show_ledger:
            raise ApiError(403, "Start the simulator with --show-ledger to see this.")

    async def calls_under_way(self, request: web.Request) -> web.Response:
        """How many calls are being answered: ``?match=TEXT`` of their task, where allowed."""
        self._check_ledger_shown()
        match = request.query.get("match", "")
        return _json({"calls": sum(match in task for task in self.under_way)})

    async def rows(self, request: web.Request) -> web.Response:
        """What was billed, with each task: ``?since=ID&match=TEXT``, where that was allowed."""
        self._check_ledger_shown()
        try:
            since = int(request.query.get("since", 0))
        except ValueError:
            raise ApiError(400, "'since' must be a row's id.", param="since") from None
        return _json(self.ledger.rows(since, request.query.get("match", "")))

    async def reset(self, request: web.Request) -> web.Response:
        """Forget the ledger and the counts of faults, where that was allowed."""
        if not self.options.allow_reset:
            raise ApiError(403, "Start the simulator with --allow-reset to do this.")
        self.ledger.clear()
        self.desk.clear()
        return _json({"reset": True})

    async def search(self, request: web.Request) -> web.Response:
        """Search as SearXNG does: ``?q=WORDS&format=json``. All results are simulated."""
        query = request.query.get("q", "").strip()
        if not query or request.query.get("format") != "json":
            raise ApiError(400, "'q' and 'format=json' are needed.", param="q")
        return _json({"query": query, "results": simulated_web.results(query)})

    async def chat(self, request: web.Request) -> web.StreamResponse:
        """Answer one chat completion."""
        chat = parse_chat(await request.read(), self.options.models)
        conversation = Conversation.of(chat.messages)
        faults = self.desk.next_for(conversation.raw_task, conversation.user_texts)
        exchange = Exchange(
            request=request,
            request_id=request[_REQUEST_ID],
            chat=chat,
            task=conversation.raw_task,
            faults=faults,
            pace=self.options.pace.under(faults),
            ledger=self.ledger,
            cache=self.cache,
            asked=_asked(request, chat.body, faults),
        )
        self.under_way.append(exchange.task)
        try:
            return await exchange.answer()
        finally:
            self.under_way.remove(exchange.task)

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """Begin a response in the background, and send its events."""
        chat = parse_response(await request.read(), self.options.models)
        conversation = Conversation.of(chat.messages)
        faults = self.desk.next_for(conversation.raw_task, conversation.user_texts)
        asked, request_id = _asked(request, chat.body, faults), request[_REQUEST_ID]
        if refusal := faults.refusal(chat.model):
            raise refusal
        one = Background(complete(chat, faults, self.cache), asked)
        pace = self.options.pace.under(faults)
        making = one.run(pace, faults, self.ledger, conversation.raw_task, request_id)
        self.backgrounds.begin(one, making)
        if faults.cut is not None:
            # The connection breaks, and the answer goes on.
            return await _broken(request, one, faults.cut)
        return await _events(request, one, -1)

    async def response(self, request: web.Request) -> web.StreamResponse:
        """A response: as it is, or as a stream of its events ``starting_after`` one."""
        one = self.backgrounds.get(request.match_info["answer_id"])
        if request.query.get("stream") != "true":
            return _json(one.body())
        after = request.query.get("starting_after", "-1")
        if not after.removeprefix("-").isdecimal():
            raise ApiError(400, "'starting_after' must be a number.", param="starting_after")
        return await _events(request, one, int(after))

    async def cancel(self, request: web.Request) -> web.Response:
        """Stop making a response."""
        one = await self.backgrounds.cancel(request.match_info["answer_id"])
        return _json(one.body())

    async def stored(self, request: web.Request) -> web.Response:
        """Answers that were stored, by their metadata."""
        return _json(found.stored(self.ledger.rows(), request.query))

    async def generation(self, request: web.Request) -> web.Response:
        """What one answer cost, as OpenRouter says it: ``?id=``."""
        return _json(found.generation(self.ledger, request.query.get("id", "")))

    async def usage(self, request: web.Request) -> web.Response:
        """The organisation's usage, in buckets."""
        return _json(organisation.usage_page(self.ledger.rows(), request.query))

    async def costs(self, request: web.Request) -> web.Response:
        """The organisation's costs, by day."""
        return _json(organisation.costs_page(self.ledger.rows(), request.query))


async def _events(request: web.Request, one: Background, after: int) -> web.StreamResponse:
    headers = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    async for chunk in one.events(after):
        await response.write(chunk)
    return response


async def _broken(request: web.Request, one: Background, pieces: int) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
    await response.prepare(request)
    async for chunk in one.events(-1):
        await response.write(chunk)
        if one.made >= pieces:
            break
    if request.transport is not None:
        request.transport.close()
    return response


def _asked(request: web.Request, body: Mapping[str, Any], faults: Faults) -> Asked:
    key = request.headers.get("Authorization", "").partition(" ")[2].strip()
    return Asked(
        api_key=key_id(key),
        stored=bool(body.get("store")),
        metadata=dict(body.get("metadata") or {}),
        counted=faults.counted,
    )


def key_id(key: str) -> str:
    """What the usage calls a key, without saying it."""
    return f"key_{blake2b(key.encode(), digest_size=8).hexdigest()}"


def _json(value: object) -> web.Response:
    return web.Response(body=orjson.dumps(value), content_type="application/json")
