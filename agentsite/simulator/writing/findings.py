"""Turns what tools answered into text that a reader likes: a paragraph for each of them."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from agentsite.simulator.conversation import Conversation, Observation, comparable

from .arithmetic import grouped, steps
from .places import place_of

_TAG = re.compile(r"</?[a-z_]+(?: [^>]*)?>", re.IGNORECASE)
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?(?:[eE][+-]?\d+)?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?")
_FAILED = re.compile(
    r"\A\W*(error|failed|failure|not run|unknown tool|invalid|timed? ?out)\b", re.I
)
_ERROR_PREFIX = re.compile(r"\Aerror:\s*", re.IGNORECASE)
_QUOTE_CHARS = 600


@dataclass(frozen=True, slots=True)
class Finding:
    """A short title and a Markdown paragraph."""

    title: str
    text: str
    failed: bool = False


def answer(talk: Conversation) -> str:
    """The answer from what the tools said; a failure is told where nothing else worked."""
    seen: dict[tuple[str, bytes], Observation] = {}
    for observation in talk.observations:
        seen.setdefault((observation.tool, comparable(observation.arguments)), observation)
    told = [(tool, _tell(observation)) for (tool, _), observation in seen.items()]
    worked = {tool for tool, finding in told if not finding.failed}
    kept = [finding for tool, finding in told if not (finding.failed and tool in worked)]
    if len(kept) == 1:
        return kept[0].text
    return "\n\n".join(f"### {finding.title}\n\n{finding.text}" for finding in kept)


def _tell(observation: Observation) -> Finding:
    """Say in words what a tool found, or that it failed."""
    arguments = _json_of(observation.arguments)
    asked = next((str(v) for v in arguments.values()), "") if isinstance(arguments, dict) else ""
    text = _TAG.sub("", observation.result).strip()
    value = _json_of(text)
    if error := _failure(text, value):
        return _not_found(observation.tool, asked, error)
    if observation.tool == "calculator":
        return _calculated(asked, text, value)
    if observation.tool == "current_time":
        return _clock(asked, text, value)
    if results := _search_results(value):
        return _searched(asked, results)
    return Finding(observation.tool.replace("_", " ").capitalize(), _quoted(asked, text))


def _json_of(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _failure(text: str, value: Any) -> str | None:
    if isinstance(value, dict) and value.get("error"):
        error = value["error"]
        return str(error.get("message", error) if isinstance(error, dict) else error)
    return text.splitlines()[0] if _FAILED.match(text) else None


def _not_found(tool: str, asked: str, error: str) -> Finding:
    reason = _ERROR_PREFIX.sub("", error)[:200]
    what = f"I have no result for `{asked}`" if asked else "One look-up brought no result"
    return Finding("What is missing", f"{what}: the `{tool}` tool says *{reason}*", failed=True)


def _calculated(expression: str, text: str, value: Any) -> Finding:
    if isinstance(value, dict):
        value = value.get("result", value.get("value"))
    numbers = _NUMBER.findall(str(value) if value is not None else text)
    result = _pretty(numbers[-1]) if numbers else text[:_QUOTE_CHARS]
    worked = steps(expression)
    if len(worked) > 1:
        lines = "\n".join(f"{n}. {what} = {gives}" for n, (what, gives) in enumerate(worked, 1))
        how = f"Step by step:\n\n{lines}\n\nThe calculator gives the same for `{expression}`."
        if worked[-1][1] != result:
            how = f"I had the calculator evaluate `{expression}`."
    else:
        how = f"That is what the calculator gives for `{expression}`."
    return Finding("The calculation", f"The result is **{result}**.\n\n{how}")


def _pretty(number: str) -> str:
    try:
        return grouped(Decimal(number.replace(",", "")))
    except InvalidOperation:
        return number


def _clock(zone: str, text: str, value: Any) -> Finding:
    found = _MOMENT.search(orjson.dumps(value).decode() if value is not None else text)
    place = place_of(zone or "UTC")
    if found is None:
        return Finding(f"Time in {place}", f"In {place}, the clock says: **{text[:100]}**.")
    moment = datetime.fromisoformat(found[0])
    offset = f", UTC{moment.isoformat()[-6:]}," if moment.tzinfo and zone != "UTC" else ""
    spoken = (
        f"In {place} it is **{moment:%H:%M}** on {moment:%A}, {moment.day} {moment:%B %Y}. "
        f"That is what the clock said for the zone `{zone or 'UTC'}`{offset} when I asked it, a "
        "moment ago."
    )
    return Finding(f"Time in {place}", spoken)


def _search_results(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        value = value.get("results")
    if not isinstance(value, list):
        return []
    return [r for r in value if isinstance(r, dict) and r.get("title") and r.get("url")]


def _searched(query: str, results: list[dict[str, Any]]) -> Finding:
    lines = []
    for number, result in enumerate(results[:6], 1):
        snippet = str(result.get("snippet") or "").strip()
        said = f": {snippet[:200]}" if snippet else ""
        lines.append(f"{number}. [{result['title']}]({result['url']}){said}")
    many = "one result" if len(results) == 1 else f"{len(results)} results"
    intro = f"The search for “{query}” brought {many}. The most useful ones:"
    return Finding("What the search found", intro + "\n\n" + "\n".join(lines))


def _quoted(asked: str, text: str) -> str:
    short = text if len(text) <= _QUOTE_CHARS else text[:_QUOTE_CHARS].rsplit(" ", 1)[0] + " …"
    quote = "\n".join(f"> {line}" for line in short.splitlines() if line.strip())
    return f"For `{asked}` I read:\n\n{quote or '> (nothing)'}"
