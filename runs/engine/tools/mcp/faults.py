"""What went wrong with a server, in words for a model and for staff."""

import httpx2
from mcp import MCPError
from mcp_types import CONNECTION_CLOSED, REQUEST_TIMEOUT
from pydantic import ValidationError

from runs.engine.tools.mcp.names import line

MAX_WORDS = 500


def words_of(error: BaseException) -> str:
    """What happened, in one sentence or in the server's own words, cut."""
    error = _first(error)
    if isinstance(error, MCPError):
        if error.code == REQUEST_TIMEOUT:
            return "The server took too long."
        if error.code == CONNECTION_CLOSED:
            return "The server ended the connection without an answer."
        return f"The server refused: {line(error.message, MAX_WORDS)}"
    if isinstance(error, httpx2.TimeoutException | TimeoutError):
        return "The server took too long."
    if isinstance(error, httpx2.ConnectError):
        return f"The server can't be reached. {line(str(error), MAX_WORDS)}"
    if isinstance(error, httpx2.HTTPError):
        return "What the server sent can't be read."
    if isinstance(error, ValidationError | RuntimeError):
        return "The server doesn't keep to the protocol."
    return "The server can't be used."


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def answered(error: BaseException) -> bool:
    """True where the server itself said that it won't."""
    return isinstance(error, MCPError)
