"""Tool calls that a model wrote as text, in the forms that models were trained on."""

import json
import re
from collections.abc import Callable, Iterable

# What chat templates put before a call; a server that doesn't know the template passes it on.
MARK = re.compile(
    r"<[|｜]?(?:\w+[|｜:])?(?:tool_?calls?|(?:start_)?function_calls?|invoke|function)\b[^>]*>"
    r"|\[TOOL_CALLS\]|<\|python_(?:tag|start)\|>|<\|channel\|>commentary|\bto=functions\.\w"
    r"|<[|｜]tool[_▁]calls?(?:[_▁](?:section[_▁])?begin)?[|｜]>|(?:```)?\btool_code\s*\n"
    r"|^\W{0,3}action\W{1,5}\w+\W{0,5}\n\W{0,3}action[ _]input|^I call (?=\w+\()",
    re.IGNORECASE | re.MULTILINE,
)
OBJECT = re.compile(r"\[\s*\{|\{")
# What may stand behind the JSON of a call.
END = re.compile(r"(?:\s*(?:```|;|</?\w+>|<\|\w+\|>))+\Z")
BETWEEN = re.compile(r"[\s;,]*")
NAMES = ("name", "tool", "tool_name", "function", "action", "recipient_name")
INNER = ("function", "function_call", "tool_calls", "tool_uses")
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
    """JSON of calls, or of lists of calls, up to the end."""
    text = END.sub("", text)
    start = OBJECT.search(text)
    at = start.start() if start else len(text)
    decoder = json.JSONDecoder()
    found = []
    try:
        while at < len(text):
            value, at = decoder.raw_decode(text, at)
            found.append(value)
            if gap := BETWEEN.match(text, at):
                at = gap.end()
    except (ValueError, RecursionError):
        return False
    return bool(found) and all(_is_call(value, names) for value in found)


def _is_call(value: object, names: set[str]) -> bool:
    if isinstance(value, list):
        return bool(value) and all(_is_call(one, names) for one in value)
    if not isinstance(value, dict):
        return False
    if inner := next(
        (value[key] for key in INNER if isinstance(value.get(key), dict | list)), None
    ):
        return _is_call(inner, names)
    named = [value[key] for key in NAMES if isinstance(value.get(key), str)]
    said = {name.removeprefix("functions.") for name in named}
    return not names.isdisjoint(said) and any(key in value for key in ARGUMENTS)


def _python(text: str, names: set[str]) -> bool:
    """Nothing but `name(argument=value)`, also as a list, printed or in a block of code."""
    found = re.fullmatch(
        r"(?:```\w*\s*)?\[?(?:print\()?(?:(?:functions|default_api)\.)?(\w+)\(.*\)\]?\s*(?:```)?",
        text,
        re.DOTALL,
    )
    return found is not None and found[1] in names


FORMS: tuple[Callable[[str, set[str]], bool], ...] = (_marked, _json, _python)
