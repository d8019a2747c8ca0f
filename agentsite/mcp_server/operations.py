"""What the OpenAPI document says of the operations behind the tools."""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from agentsite.reference.document import document

Schema = dict[str, Any]

REFERENCE = re.compile(r'"#/components/schemas/([^"]+)"')
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: what it is sent, by place, and what it answers."""

    method: str
    path: str
    query: Mapping[str, Schema]
    body: Schema
    answer: Schema
    components: Mapping[str, Schema]

    @property
    def properties(self) -> dict[str, Schema]:
        """All that it can be told, but headers and its address."""
        return {**self.query, **self.body.get("properties", {})}

    def closed(self, schema: Schema) -> Schema:
        """`schema` with all that it refers to."""
        used: dict[str, Schema] = {}
        pending = [schema]
        while pending:
            for name in REFERENCE.findall(json.dumps(pending.pop())):
                if name not in used:
                    used[name] = self.components[name]
                    pending.append(used[name])
        whole = {**schema, "$defs": used} if used else schema
        text = json.dumps(whole).replace("#/components/schemas/", "#/$defs/")
        closed: Schema = json.loads(text)
        return closed


def operations(ids: Collection[str]) -> dict[str, Operation]:
    """Those of these ids, as this release has them."""
    components: dict[str, Schema] = document()["components"]["schemas"]
    return {
        operation["operationId"]: _read(method, path, operation, components)
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
        if operation["operationId"] in ids
    }


def _read(method: str, path: str, operation: Schema, components: Mapping[str, Schema]) -> Operation:
    query = {
        given["name"]: given["schema"]
        | ({"description": given["description"]} if "description" in given else {})
        for given in operation.get("parameters", ())
        if given["in"] == "query"
    }
    answers = operation["responses"]
    answer = next(answers[status] for status in ("200", "202") if status in answers)
    return Operation(
        method=method.upper(),
        path=path,
        query=query,
        body=_resolved(operation.get("requestBody"), components),
        answer=_resolved(answer, components),
        components=components,
    )


def _resolved(part: Schema | None, components: Mapping[str, Schema]) -> Schema:
    """The schema of a body, the whole one where there are several; empty where there is none."""
    if part is None:
        return {}
    names = REFERENCE.findall(json.dumps(part["content"][JSON]["schema"]))
    return max((components[name] for name in names), key=lambda found: len(found["properties"]))
