"""Answers that have to be JSON of a schema: found in the text, checked here, repaired by asking."""

import json
from collections.abc import Callable
from itertools import islice
from typing import Any

import jsonschema

from runs.engine.model_json import read_json
from runs.engine.types import Message, Reply

# The faults of an object that fits its schema, each as the model will read it.
Check = Callable[[dict[str, Any]], list[str]]

# Each try may read the whole text, on the loop on which all runs are executed.
MAX_TRIES = 100
MAX_ERRORS = 20
# Faults may quote what the model wrote.
MAX_FAULTS_CHARS = 1_000

REPAIR = (
    "This failed validation: {problem}\nReturn only the corrected JSON object, without any comment."
)


def written(reply: Reply) -> str:
    """What a reply has for the schema: its text, or the arguments of a call that gives it."""
    return reply.content.strip() or "\n".join(call.arguments for call in reply.tool_calls)


def read(reply: Reply, schema: dict[str, Any], check: Check | None) -> dict[str, Any] | str:
    """The object of a reply, if it fits the schema and passes the check; else what is wrong."""
    return parse(written(reply), schema, check)


def parse(text: str, schema: dict[str, Any], check: Check | None = None) -> dict[str, Any] | str:
    """The first JSON object in a text, if it fits and passes; else what is wrong."""
    found = _first_fitting(text, schema)
    if isinstance(found, str) or check is None:
        return found
    return " ".join(check(found))[:MAX_FAULTS_CHARS] or found


def _first_fitting(text: str, schema: dict[str, Any]) -> dict[str, Any] | str:
    found = _first_object(text)
    if found is None:
        return "there is no JSON object in it."
    validator = jsonschema.Draft202012Validator(schema)
    # Of a long list, each item may be wrong.
    problem = jsonschema.exceptions.best_match(islice(validator.iter_errors(found), MAX_ERRORS))
    return found if problem is None else f"at {problem.json_path}: {problem.message[:300]}"


def repair_messages(asked: list[Message], answer: str, problem: str) -> list[Message]:
    """The conversation that asks for a corrected object."""
    return [
        *asked,
        {"role": "assistant", "content": answer or "(empty)"},
        {"role": "user", "content": REPAIR.replace("{problem}", problem)},
    ]


def _first_object(text: str) -> dict[str, Any] | None:
    decoder = json.JSONDecoder()
    start = text.find("{")
    tries = 0
    while start != -1 and tries < MAX_TRIES:
        tries += 1
        try:
            _, end = decoder.raw_decode(text, start)
            # Stricter than the decoder that found its end.
            found = read_json(text[start:end])
        except (ValueError, RecursionError):
            start = text.find("{", start + 1)
            continue
        return found if isinstance(found, dict) else None
    return None
