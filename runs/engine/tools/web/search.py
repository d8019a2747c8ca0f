"""Searching the web at the endpoint that the site's admin configured: SearXNG, or Tavily.

It may be a service of the site's own network, so that the guard of web pages isn't asked. A model
chooses what is searched for, never where.
"""

import html
import re
from collections.abc import Iterator
from typing import Any

import orjson
from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, DummyCookieJar

from runs.engine.model_json import Unreadable, read_json
from runs.engine.tools.tool import Tool, ToolContext, ToolError

# The site's secrets by these names; the first one that is there is used.
SEARXNG_URL = "search_url"
TAVILY_KEY = "tavily_key"
TAVILY_URL = "https://api.tavily.com/search"

MAX_QUERY_CHARS = 400
MAX_RESULTS = 8
MAX_SEARCHES = 100
MAX_BYTES = 2 * 1024 * 1024
TITLE_CHARS = 200
SNIPPET_CHARS = 500
URL_CHARS = 1000
TIMEOUT_S = 30.0
ANSWER_S = 15.0
MARKUP = re.compile(r"<[^<>]{0,200}>")

Found = dict[str, str]


async def search(arguments: dict[str, Any], context: ToolContext) -> list[Found]:
    """The results as {title, url, snippet}, the best first. Raises `ToolError`."""
    await context.pace.turn("web_search", context.clock)
    timeout = ClientTimeout(total=ANSWER_S)
    try:
        async with ClientSession(cookie_jar=DummyCookieJar(), timeout=timeout) as session:
            answer = await _asked(arguments, context, session)
    except TimeoutError as error:
        raise ToolError("The search took too long.") from error
    except (ClientError, OSError) as error:
        raise ToolError("The search can't be reached.") from error
    return list(_results(answer))[:MAX_RESULTS]


async def _asked(arguments: dict[str, Any], context: ToolContext, session: ClientSession) -> Any:
    if url := context.secrets.get(SEARXNG_URL):
        asked = {"q": arguments["query"], "format": "json"} | _given(arguments, "language")
        request = session.get(
            url, params=asked | _given(arguments, "time_range"), allow_redirects=False
        )
    elif key := context.secrets.get(TAVILY_KEY):
        wanted = {"query": arguments["query"], "max_results": MAX_RESULTS}
        request = session.post(
            TAVILY_URL,
            json=wanted | _given(arguments, "time_range"),
            headers={"Authorization": f"Bearer {key}"},
            allow_redirects=False,
        )
    else:
        raise ToolError("No search is configured here.")
    async with request as answer:
        if answer.status != 200:
            raise ToolError(f"The search answered with the status {answer.status}.")
        return await _json(answer)


async def _json(answer: ClientResponse) -> Any:
    data = bytearray()
    async for piece in answer.content.iter_any():
        data += piece
        if len(data) > MAX_BYTES:
            raise ToolError("The search gave more than can be read.")
    try:
        return read_json(data.decode())
    except (Unreadable, UnicodeDecodeError) as error:
        raise ToolError("The search gave no JSON.") from error


def _given(arguments: dict[str, Any], name: str) -> Found:
    return {name: arguments[name]} if arguments.get(name) else {}


def _results(answer: Any) -> Iterator[Found]:
    """What can be shown of the results, whatever the endpoint calls its texts."""
    listed = answer.get("results") if isinstance(answer, dict) else None
    seen = set()
    for one in listed if isinstance(listed, list) else ():
        if not isinstance(one, dict):
            continue
        url = str(one.get("url") or "")
        title = _plain(one.get("title"), TITLE_CHARS)
        web = url.startswith(("http://", "https://")) and len(url) <= URL_CHARS
        if web and title and url not in seen:
            seen.add(url)
            yield {"title": title, "url": url, "snippet": _plain(one.get("content"), SNIPPET_CHARS)}


def _plain(text: Any, most: int) -> str:
    plain = " ".join(html.unescape(MARKUP.sub("", str(text or ""))).split())
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"


async def _run(arguments: dict[str, Any], context: ToolContext) -> str:
    found = await search(arguments, context)
    at = context.clock.now().isoformat(timespec="seconds")
    return orjson.dumps({"fetched_at": at, "results": found}).decode()


def _titles(text: str) -> str:
    """What was found, in one line."""
    try:
        titles = [one["title"] for one in read_json(text)["results"]]
    except Unreadable:
        return text
    return "; ".join(titles) or "Nothing was found."


WEB_SEARCH = Tool(
    name="web_search",
    label="Web search",
    description=(
        "Searches the web. Returns titles, addresses and short excerpts of the best results, as "
        "JSON."
    ),
    schema={
        "type": "object",
        "properties": {
            "query": {
                "type": "string",
                "minLength": 1,
                "maxLength": MAX_QUERY_CHARS,
                "description": "A few words to search for",
            },
            "language": {
                "type": "string",
                "pattern": "^[a-z]{2}(-[A-Z]{2})?$",
                "description": "Language of the results, like en or de; any if left out",
            },
            "time_range": {
                "type": "string",
                "enum": ["day", "month", "year"],
                "description": "How old results may be; any age if left out",
            },
        },
        "required": ["query"],
        "additionalProperties": False,
    },
    run=_run,
    needs=(SEARXNG_URL, TAVILY_KEY),
    timeout_s=TIMEOUT_S,
    max_calls=MAX_SEARCHES,
    in_short=_titles,
)
