"""The address `/mcp`: who may speak there, before the protocol begins."""

from django.conf import settings
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from agentsite.mcp_server.server import SERVER
from agentsite.mcp_server.site import Application, Site
from agentsite.mcp_server.tools import described
from web.hosts import is_page_of
from web.problems import problem

METADATA = "/.well-known/oauth-protected-resource"


def prepare() -> None:
    """Describe the tools, for which the whole API is read."""
    described()


async def answer(site: Application, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request to `/mcp`; its tools ask `site`."""
    api = Site(site, scope)
    refusal = _refused(scope) or await _not_let_in(scope, api)
    if refusal is None:
        await _serve(scope, receive, send, api)
    else:
        await refusal(scope, receive, send)


async def _serve(scope: Scope, receive: Receive, send: Send, api: Site) -> None:
    """One request: nothing is left of it in this process."""
    manager = StreamableHTTPSessionManager(
        SERVER, stateless=True, max_request_body_size=settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    )
    async with manager.run():
        await manager.handle_request({**scope, "api": api}, receive, send)


def _refused(scope: Scope) -> Response | None:
    """The answer to another site's page, and to what is no POST."""
    headers = dict(scope["headers"])
    origin, host = headers.get(b"origin"), headers.get(b"host", b"").decode("latin-1")
    # A page of elsewhere may have rebound its name to this address.
    if origin is not None and not _is_ours(origin.decode("latin-1"), host):
        return _problem(403, "Requests of another site's page are not answered.")
    if scope["method"] != "POST":
        return _problem(405, "Send messages by POST.", Allow="POST")
    return None


def _is_ours(origin: str, host: str) -> bool:
    return is_page_of(origin, host) or origin in settings.CSRF_TRUSTED_ORIGINS


async def _not_let_in(scope: Scope, api: Site) -> Response | None:
    """What the API answers to someone without a token that is valid, or under a strange name."""
    answer = await api.answer("GET", "/api/v1/me/")
    if answer.is_success:
        return None
    kept = {
        name: answer.headers[name]
        for name in ("content-type", "retry-after", "location")
        if name in answer.headers
    }
    if answer.status_code == 401:
        known = any(name == b"authorization" for name, _ in scope["headers"])
        error = 'error="invalid_token", ' if known else ""
        where = f'resource_metadata="{api.url}{METADATA}{scope["path"]}"'
        kept["www-authenticate"] = f"Bearer {error}{where}"
    return Response(answer.content, answer.status_code, kept)


def _problem(status: int, detail: str, **headers: str) -> Response:
    made = problem(status, detail, headers=headers)
    return Response(made.content, status, dict(made.items()))
