"""Reading a part of a JSON document."""

from itertools import islice
from typing import Any

import orjson

from runs.engine.model_json import Unreadable, read_json
from runs.engine.tools import json_path
from runs.engine.tools.tool import Tool, ToolError
from runs.engine.tools.work import bounded, off_the_loop

MAX_BYTES = 256 * 1024
MAX_FOUND = 1000


def query(document: str, path: str) -> str:
    """What a path leads to, as JSON: one value, or a list where the path may lead to several.

    Raises `ToolError`.
    """
    steps = json_path.parsed(path)
    try:
        value = read_json(bounded(document, MAX_BYTES))
    except Unreadable as error:
        raise ToolError(f"The document is not valid JSON: {error}") from error
    found = list(islice(steps.found(value), MAX_FOUND + 1))
    if not found:
        raise ToolError("The path leads to nothing in this document.")
    if steps.single:
        return _written(found[0])
    note = f"\n[Only the first {MAX_FOUND:,} are shown.]" if len(found) > MAX_FOUND else ""
    return _written(found[:MAX_FOUND]) + note


def _written(value: Any) -> str:
    return orjson.dumps(value).decode()


JSON_QUERY = Tool(
    name="json_query",
    label="JSON query",
    description=(
        "Reads parts of a JSON document by a path: a.b, [0], [-1], [1:3], [*], "
        '["any key"], [?name == "x"], [?n != 3]. For example orders[*].lines[?sku == "A1"].price. '
        "An empty path is the whole document."
    ),
    schema={
        "type": "object",
        "properties": {
            "document": {"type": "string", "description": "JSON text", "maxLength": MAX_BYTES},
            "path": {"type": "string", "maxLength": json_path.MAX_PATH_CHARS},
        },
        "required": ["document", "path"],
        "additionalProperties": False,
    },
    run=off_the_loop(lambda arguments: query(arguments["document"], arguments["path"])),
    stable=True,
    timeout_s=5.0,
)
