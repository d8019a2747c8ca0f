"""What a step brought, in one line of words: models and tools often answer in JSON."""

import re
from typing import Any

from runs.engine.model_json import Unreadable, read_json
from runs.engine.registry import step_of
from runs.engine.tools.registry import TOOLS
from runs.models import Step

PREVIEW_CHARACTERS = 160
# What makes Markdown hard to read as one line; a lone asterisk may be a product.
MARKS = re.compile(r"\*\*|`|^#{1,6} +|^[-*] +", re.MULTILINE)
JSON_BEGINS = ("{", "[")


def one_line(text: str) -> str:
    """The beginning of a text on one line, without the marks of Markdown."""
    beginning = MARKS.sub("", text[: PREVIEW_CHARACTERS * 2])
    return " ".join(beginning.split())[:PREVIEW_CHARACTERS]


def brought(step: Step, told: str) -> str:
    """What a step brought; `told` is the beginning of it, or a short form, from its event."""
    text = told or content_of(step.response)
    if asked := _calls(step.response):
        text = asked
    elif text.lstrip().startswith(JSON_BEGINS):
        found = _read(content_of(step.response))
        text = _gist(step.key, found) or _in_words(found) or text
    return one_line(text)


def has_gist(key: str) -> bool:
    """True of a step whose pattern says what counts of its JSON."""
    declared = step_of(key)
    return bool(declared and declared.says)


def _gist(key: str, found: Any) -> str:
    """Of the JSON of a step, what its pattern says that counts; empty where it says nothing."""
    declared = step_of(key)
    paths = declared.says if declared else ()
    text = " · ".join(filter(None, (_plain(_field(found, path)) for path in paths)))
    return text[:1].upper() + text[1:]


def content_of(response: Any) -> str:
    """What the model wrote (`content`) or the tool returned (`text`)."""
    if not isinstance(response, dict):
        return ""
    return str(response.get("content") or response.get("text") or "")


def _calls(response: Any) -> str:
    """The tools that a model asks for without a word; empty where it wrote some."""
    calls = response.get("tool_calls") if isinstance(response, dict) else None
    if not calls or content_of(response):
        return ""
    return ", ".join(_call(str(call.get("name", "")), call.get("arguments")) for call in calls)


def _call(name: str, arguments: Any) -> str:
    label = TOOLS[name].label if name in TOOLS else name
    return ": ".join(filter(None, (label, _plain(_read(arguments)))))


def _read(text: Any) -> Any:
    """The JSON in a text; None where it is none."""
    try:
        return read_json(text)
    except (TypeError, Unreadable):
        return None


def _in_words(found: Any) -> str:
    """The fields of an object with their names; those that are empty are left out."""
    if not isinstance(found, dict):
        return _plain(found)
    named = ((name.replace("_", " ").capitalize(), _plain(value)) for name, value in found.items())
    return " · ".join(f"{name}: {words}" for name, words in named if words)


def _plain(value: Any) -> str:
    """A value without the marks of JSON."""
    if isinstance(value, dict):
        return _plain(list(value.values()))
    if isinstance(value, list):
        return ", ".join(filter(None, map(_plain, value)))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _field(found: Any, path: str) -> Any:
    """The field at a path such as `scores.comment`; of a list, that of each of its objects."""
    for name in path.split("."):
        if isinstance(found, list):
            found = [one.get(name) for one in found if isinstance(one, dict)]
        else:
            found = found.get(name) if isinstance(found, dict) else None
    return found
