"""Tool calls that a model wrote as text, in the forms that models were trained on."""

import re
from collections.abc import Callable, Iterable

import orjson

# What chat templates put before a call; a server that doesn't know the template passes it on.
MARK = re.compile(
    r"<(?:tool_calls?|function_calls?|invoke|function)\b[^>]*>|\[TOOL_CALLS\]|<\|python_tag\|>"
    r"|<[|｜]tool[_▁]calls?(?:[_▁](?:section[_▁])?begin)?[|｜]>|<\|channel\|>commentary"
)
OBJECT = re.compile(r"\[\s*\{|\{")
NAMES = ("name", "tool", "tool_name", "function", "action")
ARGUMENTS = ("arguments", "parameters", "args", "input", "action_input")


def is_written_call(text: str, tools: Iterable[str]) -> bool:
    """True when the text is, or ends with, a call of one of these tools.

    The form of a call and the tool's name must both be there: a text about calls is an answer.
    """
    text, names = text.strip(), set(tools)
    return any(form(text, names) for form in FORMS)


def _marked(text: str, names: set[str]) -> bool:
    """A template's mark with a tool's name after it, outside a block of code."""
    found = MARK.search(text)
    if found is None or text.count("```", 0, found.start()) % 2:
        return False
    said = re.findall(r"[\w-]+", text[found.start() :])
    return not names.isdisjoint(said)


def _json(text: str, names: set[str]) -> bool:
    """JSON of a call, or of a list of calls, up to the end."""
    text = text.removesuffix("```")
    start = OBJECT.search(text)
    if start is None:
        return False
    try:
        found = orjson.loads(text[start.start() :])
    except orjson.JSONDecodeError:
        return False
    calls = found if isinstance(found, list) else [found]
    return all(_is_call(call, names) for call in calls)


def _is_call(value: object, names: set[str]) -> bool:
    if not isinstance(value, dict):
        return False
    inner = value.get("function")
    call = inner if isinstance(inner, dict) else value
    named = [call[key] for key in NAMES if isinstance(call.get(key), str)]
    return not names.isdisjoint(named) and any(key in call for key in ARGUMENTS)


def _python(text: str, names: set[str]) -> bool:
    """Nothing but `name(argument=value)`, also as a list."""
    found = re.fullmatch(r"\[?(?:functions\.)?(\w+)\(.*\)\]?", text, re.DOTALL)
    return found is not None and found[1] in names


FORMS: tuple[Callable[[str, set[str]], bool], ...] = (_marked, _json, _python)
