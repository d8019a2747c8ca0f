"""Where a server is, as the engine asks it."""

from django.conf import settings

from runs.engine.tools.mcp.server import Server
from runs.engine.tools.tool import ToolError
from runs.sealing import MCP_TOKENS
from web.sealing import Unreadable

FIELDS = ("key", "url", "token", "internal")


def server_of(key: str, url: str, token: str, internal: bool) -> Server:
    """A server with its token, from these columns of its row. Raises `ToolError`."""
    try:
        secret = MCP_TOKENS.unseal(token)
    except Unreadable as error:
        raise ToolError("The server's token can't be read any more; staff can set it anew.") from (
            error
        )
    return Server(key, url, secret, internal, settings.TOOL_CLOSED_NAMES)
