"""Who may call what of the OpenAI-compatible front. Without such a model it is a 404."""

import pytest

from tests.permissions.requests import all_routes, answers, assert_decided
from tests.permissions.world import World

# Nobody, owner, other user, staff, expired token, read-only token, the owner's browser.
DECISIONS = {
    "GET v1/": "404 404 404 404 404 404 404",
    "POST v1/": "404 404 404 404 404 404 404",
    "GET v1/models": "401 200 200 200 401 200 200",
    "GET v1/models/<path:name>": "401 200 200 200 401 200 200",
    "POST v1/chat/completions": "401 404 404 404 401 403 404",
    "POST v1/responses": "401 404 404 404 401 403 404",
    "GET v1/responses/<str:name>": "401 200 404 404 401 200 200",
    "DELETE v1/responses/<str:name>": "401 200 404 404 401 403 200",
    "POST v1/responses/<str:name>/cancel": "401 200 404 404 401 403 200",
    "GET v1/responses/<str:name>/input_items": "401 200 404 404 401 200 200",
}


@pytest.mark.django_db
def test_every_route_answers_everyone_as_decided(world: World) -> None:
    people = world.with_tokens
    chosen = [route for route in all_routes() if route.startswith("v1/")]

    assert_decided(answers(world, chosen, people), DECISIONS, people)
