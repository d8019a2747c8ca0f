"""Reading a web page. Where it may lead is the guard's; this follows redirects and bounds sizes."""

import asyncio
import codecs
import zlib
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientConnectorError, ClientError, ClientResponse, ClientSession
from yarl import URL

from runs.engine.tools.tool import Tool, ToolContext, ToolError
from runs.engine.tools.web.guard import Closed, Guard
from runs.engine.tools.web.html_text import page_text

MAX_BYTES = 1024 * 1024
MAX_REDIRECTS = 4
MAX_PAGES = 40
TIMEOUT_S = 20.0
REDIRECTS = frozenset({301, 302, 303, 307, 308})
HTML = ("text/html", "application/xhtml+xml")
TEXT_TYPES = (*HTML, "application/json", "application/xml", "application/yaml")
TEXT_SUFFIXES = ("+json", "+xml")
# Some of Python's codecs are no encodings of texts, and some are slow.
ENCODINGS = ("ascii", "utf-", "iso8859-", "cp125", "koi8-", "big5", "gb", "euc_", "shift_jis")
GZIP = zlib.MAX_WBITS + 16


@dataclass(frozen=True, slots=True)
class Body:
    """What a server sent, up to the limit."""

    url: URL
    content_type: str
    charset: str
    data: bytes
    cut: bool


async def read_page(address: str, guard: Guard) -> str:
    """The text at an address, after its title and where it was found in the end.

    Raises `ToolError`.
    """
    try:
        async with guard.session() as session:
            body = await _followed(guard.checked(address), guard, session)
    except Closed as closed:
        raise ToolError(str(closed)) from closed
    except ClientConnectorError as error:
        closed_here = isinstance(error.os_error, Closed)
        raise ToolError(str(error.os_error) if closed_here else "It can't be reached.") from error
    except (ClientError, OSError, zlib.error) as error:
        raise ToolError("What the server sent can't be read.") from error
    title, text = await asyncio.to_thread(_text, body)
    note = f"[Only the first {MAX_BYTES:,} bytes were read.]" if body.cut else ""
    return "\n\n".join(part for part in (f"{title}\n{body.url}".strip(), text, note) if part)


async def _followed(url: URL, guard: Guard, session: ClientSession) -> Body:
    for _ in range(1 + MAX_REDIRECTS):
        async with session.get(url, allow_redirects=False) as answer:
            target = answer.headers.get("Location", "")
            if answer.status not in REDIRECTS or not target:
                return await _received(url, answer)
        url = guard.checked(str(_joined(url, target)))
    raise ToolError(f"It redirects more than {MAX_REDIRECTS} times.")


def _joined(url: URL, target: str) -> URL:
    try:
        return url.join(URL(target))
    except ValueError as error:
        raise Closed("It redirects to no web address.") from error


async def _received(url: URL, answer: ClientResponse) -> Body:
    if answer.status >= 400:
        raise ToolError(f"The server answered with the status {answer.status}.")
    kind = answer.content_type.lower() if "Content-Type" in answer.headers else ""
    if not (kind.startswith("text/") or kind in TEXT_TYPES or kind.endswith(TEXT_SUFFIXES)):
        raise ToolError(f"Only text can be read, and this is {kind or 'of no known type'}.")
    data, cut = await _bounded(answer)
    return Body(url, kind, answer.charset or "", data, cut)


async def _bounded(answer: ClientResponse) -> tuple[bytes, bool]:
    """The unpacked body, and whether it was cut; no more than the limit is ever unpacked."""
    coding = answer.headers.get("Content-Encoding", "identity").lower()
    if coding not in ("identity", "gzip", "x-gzip"):
        raise ToolError("The server packs its answer in an unknown way.")
    unpack = None if coding == "identity" else zlib.decompressobj(GZIP)
    found = bytearray()
    received = 0
    async for piece in answer.content.iter_any():
        received += len(piece)
        left = MAX_BYTES + 1 - len(found)
        found += unpack.decompress(piece, left) if unpack else piece[:left]
        if len(found) > MAX_BYTES or received > MAX_BYTES:
            return bytes(found[:MAX_BYTES]), True
    return bytes(found), False


def _text(body: Body) -> tuple[str, str]:
    text = body.data.decode(_encoding(body), "replace").replace("\0", "")
    return page_text(text) if body.content_type in HTML else ("", text.strip())


def _encoding(body: Body) -> str:
    try:
        name = codecs.lookup(body.charset or "utf-8").name
    except (LookupError, ValueError):
        return "utf-8"
    return name if name.startswith(ENCODINGS) and name != "utf-7" else "utf-8"


async def _run(arguments: dict[str, Any], context: ToolContext) -> str:
    if context.http is None:
        raise ToolError("No web page can be read here.")
    return await read_page(arguments["url"], context.http)


HTTP_FETCH = Tool(
    name="http_fetch",
    label="Web reader",
    description=(
        "Reads a public web page or text file by its address and returns its text. Pages that need "
        "a sign-in or a script can't be read."
    ),
    schema={
        "type": "object",
        "properties": {
            "url": {
                "type": "string",
                "maxLength": 2000,
                "description": "Address that starts with http:// or https://",
            }
        },
        "required": ["url"],
        "additionalProperties": False,
    },
    run=_run,
    timeout_s=TIMEOUT_S,
    max_calls=MAX_PAGES,
)
