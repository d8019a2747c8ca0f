"""An operation as a command of curl, with the example of its body."""

import json
import re
from typing import Any
from urllib.parse import urlencode

from agentsite.reference.examples import Components, example_of

PARAMETER = re.compile(r"{(\w+)}")
JSON = "application/json"
KEY = '-H "Authorization: Token $AGENTSITE_TOKEN"'


def curl(path: str, method: str, operation: dict[str, Any], components: Components) -> str:
    """The command; where it only works for a person, without a token."""
    parts = [f"curl -X {method.upper()}" if method != "get" else "curl"]
    parts[0] += f' "$AGENTSITE_URL{_address(path, operation, components)}"'
    if operation.get("security") != [{"session": []}]:
        parts.append(KEY)
    if body := operation.get("requestBody", {}).get("content", {}).get(JSON):
        text = json.dumps(body["example"], ensure_ascii=False)
        parts += [f'-H "Content-Type: {JSON}"', f"-d '{text}'"]
    return " \\\n  ".join(parts)


def _address(path: str, operation: dict[str, Any], components: Components) -> str:
    places: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}}
    for given in operation.get("parameters", ()):
        if given.get("required"):
            value = example_of(given["schema"], components, given["name"])
            places[given["in"]][given["name"]] = value
    query = places["query"]
    filled = PARAMETER.sub(lambda found: str(places["path"][found[1]]), path)
    return f"{filled}?{urlencode(query)}" if query else filled
