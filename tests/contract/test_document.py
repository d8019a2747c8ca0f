"""Whatever is asked, the site answers as its OpenAPI document says, and nobody reads more.

`CONTRACT_EXAMPLES=100` looks longer than the usual run does.
"""

from collections.abc import Callable
from itertools import count

import httpx2
import pytest
from hypothesis.errors import HypothesisException
from schemathesis import GenerationMode

from accounts.models import Scope
from tests.contract.exploring import Case, Operation, checked, explore, operations, sent
from tests.permissions.requests import address_of, path_parameters
from tests.permissions.world import MARK, Person, World, key

pytestmark = pytest.mark.django_db
# Of HTTP itself, and of every answer of the site.
OF_EVERY_ANSWER = {
    "allow",
    "cache-control",
    "content-disposition",
    "content-length",
    "content-security-policy",
    "content-type",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "expires",
    "referrer-policy",
    "vary",
    "x-content-type-options",
    "x-frame-options",
    "x-request-id",
}
POSITIVE, NEGATIVE = GenerationMode.POSITIVE, GenerationMode.NEGATIVE


def faults(ask: Callable[[Operation], None]) -> dict[str, str]:
    """What went wrong, by operation."""
    found = {}
    for operation in operations():
        try:
            ask(operation)
        except HypothesisException:
            raise
        except Exception as fault:
            found[operation.label] = str(fault)
    return found


def with_things(world: World, case: Case, number: int) -> Case:
    """The case; every second one names things that there are."""
    there_are = path_parameters(world, case.path)
    if there_are and number % 2 == 0:
        case.path_parameters = there_are
    return case


def undocumented_headers(operation: Operation, response: httpx2.Response) -> set[str]:
    """Headers of this answer of which its operation says nothing."""
    answers = operation.definition.raw["responses"]
    answer = answers.get(str(response.status_code), answers["default"])
    said = {name.lower() for name in answer.get("headers", {})}
    return set(response.headers) - said - OF_EVERY_ANSWER


def owner_of(operation: Operation, world: World) -> Person:
    return world.with_tokens["staff" if "/admin/" in operation.path else "owner"]


@pytest.mark.parametrize("mode", [POSITIVE, NEGATIVE], ids=["right", "wrong"])
def test_with_a_token_it_answers_as_it_says(world: World, mode) -> None:
    rejected = ["negative_data_rejection"] if mode is NEGATIVE else []

    def ask(operation: Operation) -> None:
        client, numbers = owner_of(operation, world).client(), count()

        def each(case: Case) -> None:
            named = with_things(world, case, next(numbers)) if mode is POSITIVE else case
            response = sent(named, client)
            checked(named, response, *rejected)
            assert undocumented_headers(operation, response) == set()

        explore(operation, mode, each)

    assert faults(ask) == {}


def test_who_may_only_write_is_told_no_more_than_it_says(world: World) -> None:
    client = Person(key(world.alice, [Scope.RUNS_WRITE])).client()

    def ask(operation: Operation) -> None:
        def each(case: Case) -> None:
            response = sent(with_things(world, case, 0), client)
            checked(case, response)
            assert MARK not in response.text

        if operation.method == "post" and "202" in operation.definition.raw["responses"]:
            explore(operation, POSITIVE, each)

    assert faults(ask) == {}


def test_without_a_token_nobody_gets_in(world: World) -> None:
    def ask(operation: Operation) -> None:
        client, numbers = Person().client(), count()

        def each(case: Case) -> None:
            response = sent(with_things(world, case, next(numbers)), client)
            checked(case, response)
            assert response.status_code == httpx2.codes.UNAUTHORIZED

        explore(operation, POSITIVE, each)

    assert faults(ask) == {}


def test_another_user_reads_nothing_of_it(world: World) -> None:
    def ask(operation: Operation) -> None:
        client = world.with_tokens["other"].client()

        def each(case: Case) -> None:
            response = sent(with_things(world, case, 0), client)
            checked(case, response)
            assert MARK not in response.text, response.text

        explore(operation, POSITIVE, each)

    assert faults(ask) == {}


def test_events_as_a_stream_are_what_is_said(world: World) -> None:
    path = "/api/v1/runs/{id}/events/"
    client = world.with_tokens["owner"].client()
    answer = client.get(address_of(world, path), headers={"Accept": "text/event-stream"})
    (operation,) = (one for one in operations() if one.path == path)
    (said,) = (
        media_type
        for media_type in operation.definition.raw["responses"]["200"]["content"]
        if media_type != "application/json"
    )

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, said)
