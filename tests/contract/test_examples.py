"""The examples of the OpenAPI document fit its schemas, and the site takes those it is sent."""

from typing import Any

import httpx2
import pytest
from django.db import transaction
from jsonschema import Draft202012Validator, FormatChecker

from accounts.models import User
from agentsite.reference.document import document
from tests.permissions.requests import address_of
from tests.permissions.world import World

JSON = "application/json"
DOCUMENT = document()
OPERATIONS = {
    operation["operationId"]: (method, path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
# Only a person makes tokens.
BY_BROWSER = {"tokens_create", "tokens_rotate"}


def bodies(operation: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Where it stands, its media type, and what the document says of each body."""
    exchanged = {"body": operation.get("requestBody", {}), **operation["responses"]}
    return [
        (place, media_type, body)
        for place, one in exchanged.items()
        for media_type, body in one.get("content", {}).items()
    ]


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_body_has_an_example_that_fits(name: str) -> None:
    _, _, operation = OPERATIONS[name]
    found = bodies(operation)
    assert found
    for place, media_type, body in found:
        assert "example" in body, (place, media_type)
        if media_type.endswith("json"):
            schema = {**body["schema"], "components": DOCUMENT["components"]}
            Draft202012Validator(schema, format_checker=FormatChecker()).validate(body["example"])


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_operation_says_what_it_does(name: str) -> None:
    assert len(OPERATIONS[name][2]["description"]) > 10


@pytest.mark.django_db
def test_what_is_sent_as_an_example_is_taken(world: World) -> None:
    User.objects.create_user("ada@example.org", "x")
    people = world.with_tokens
    refused = {}
    for name, (method, path, operation) in OPERATIONS.items():
        for _, media_type, body in bodies({**operation, "responses": {}}):
            who = "browser" if name in BY_BROWSER else "staff" if "/admin/" in path else "owner"
            send = getattr(people[who].client(), method)
            with transaction.atomic():
                answer = send(address_of(world, path), body["example"], content_type=media_type)
                transaction.set_rollback(True)
            if answer.status_code >= httpx2.codes.BAD_REQUEST:
                refused[name] = answer.content.decode()

    assert refused == {}


def test_the_answer_of_an_accepted_submit_is_of_a_run_that_waits() -> None:
    _, _, operation = OPERATIONS["runs_create"]
    statuses = {
        status: answer["content"][JSON]["example"]["status"]
        for status, answer in operation["responses"].items()
        if status in ("200", "202")
    }
    assert statuses == {"200": "succeeded", "202": "queued"}
