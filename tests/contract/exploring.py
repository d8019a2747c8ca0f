"""Requests that schemathesis makes up of the OpenAPI document, sent to the site in this process.

Each request leaves nothing behind. What they are is the same each time, and how many is bounded by
`CONTRACT_EXAMPLES`, of an operation and a kind of data.
"""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx2
import schemathesis
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import APIOperation, GenerationMode
from schemathesis import Case as AnyCase
from schemathesis.checks import CHECKS, load_all_checks

from agentsite.reference.document import document

SITE = "http://testserver"
EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "2"))
SEED = 10
CHECKED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
Operation = APIOperation[Any, Any, Any, Any]
Case = AnyCase[Any]
load_all_checks()


def operations() -> Iterator[Operation]:
    """All operations of the document."""
    for found in schemathesis.openapi.from_dict(document()).get_all_operations():
        yield found.ok()  # type: ignore[union-attr]  # an operation that can't be read fails here


def explore(operation: Operation, mode: GenerationMode, ask: Callable[[Case], None]) -> None:
    """Ask with data of this kind; the first example that fails is raised."""

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def each(case: Case) -> None:
        ask(case)

    each()


def sent(case: Case, client: Client) -> httpx2.Response:
    """The answer to a case."""
    made = case.as_transport_kwargs(base_url=SITE)
    # As a server hands them on: bytes, each of them as a character.
    headers = {name: text.encode().decode("latin-1") for name, text in made.pop("headers").items()}
    content = made.pop("data", None)
    request = httpx2.Request(**made, content=content)
    with transaction.atomic():
        answer = client.generic(
            request.method,
            request.url.raw_path.decode(),
            request.read(),
            content_type=request.headers.get("Content-Type", ""),
            headers=headers,
        )
        transaction.set_rollback(True)
    body = answer.getvalue() if answer.streaming else answer.content
    response = httpx2.Response(
        answer.status_code, headers=list(answer.items()), content=body, request=request
    )
    response.elapsed = timedelta()
    return response


def checked(case: Case, response: httpx2.Response, *more: str) -> None:
    """Raise what of the answer isn't in the document."""
    checks: list[Any] = [CHECKS.get_one(name) for name in (*CHECKED, *more)]
    case.validate_response(response, checks=checks)
