"""Who may call what of the API."""

import pytest

from tests.permissions.requests import all_routes, answers, assert_decided, is_api
from tests.permissions.world import World

# Nobody, owner, other user, staff, expired token, read-only token, the owner's browser.
DECISIONS = {
    "GET .well-known/agentsite-statement-keys.json": "200 200 200 200 200 200 200",
    "POST .well-known/agentsite-statement-keys.json": "405 405 405 405 405 405 405",
    "GET .well-known/oauth-protected-resource": "200 200 200 200 200 200 200",
    "POST .well-known/oauth-protected-resource": "405 405 405 405 405 405 405",
    "GET .well-known/oauth-protected-resource/mcp": "200 200 200 200 200 200 200",
    "POST .well-known/oauth-protected-resource/mcp": "405 405 405 405 405 405 405",
    "GET agent/": "404 404 404 404 404 404 404",
    "POST agent/": "404 404 404 404 404 404 404",
    "GET agent/result/<uuid:task_id>": "401 200 404 404 401 200 200",
    "POST agent/run": "401 400 400 400 401 403 400",
    "POST agent/run/async": "401 202 202 202 401 403 202",
    "GET api/": "404 404 404 404 404 404 404",
    "POST api/": "404 404 404 404 404 404 404",
    "GET api/docs/": "200 200 200 200 200 200 200",
    "POST api/docs/": "405 405 405 405 405 405 405",
    "GET api/docs/problems/": "200 200 200 200 200 200 200",
    "POST api/docs/problems/": "405 405 405 405 405 405 405",
    "GET api/schema/": "200 200 200 200 401 200 200",
    "GET api/v1/admin/budgets/": "401 403 403 200 401 403 403",
    "POST api/v1/admin/budgets/": "401 403 403 201 401 403 403",
    "DELETE api/v1/admin/budgets/<uuid:pk>/": "401 403 403 204 401 403 403",
    "GET api/v1/admin/budgets/<uuid:pk>/": "401 403 403 200 401 403 403",
    "PATCH api/v1/admin/budgets/<uuid:pk>/": "401 403 403 200 401 403 403",
    "GET api/v1/admin/invoices/<str:month>/lines.csv": "401 403 403 200 401 403 403",
    "POST api/v1/admin/intake/": "401 403 403 200 401 403 403",
    "GET api/v1/admin/ops/": "401 403 403 200 401 403 403",
    "POST api/v1/admin/users/<int:pk>/cancel-runs/": "401 403 403 202 401 403 403",
    "GET api/v1/admin/users/<int:pk>/data/": "401 403 403 200 401 403 403",
    "GET api/v1/budgets/": "401 200 200 200 401 200 200",
    "POST api/v1/estimate/": "401 200 200 200 401 403 200",
    "GET api/v1/invoices/<str:month>/": "401 200 200 200 401 200 200",
    "GET api/v1/invoices/<str:month>/lines.csv": "401 200 200 200 401 200 200",
    "GET api/v1/me/data/": "401 200 200 200 401 200 200",
    "GET api/v1/me/": "401 200 200 200 401 200 200",
    "GET api/v1/models/": "401 200 200 200 401 200 200",
    "GET api/v1/patterns/": "401 200 200 200 401 200 200",
    "GET api/v1/prompt-sets/": "401 200 200 200 401 200 200",
    "POST api/v1/prompt-sets/": "401 201 201 201 401 403 201",
    "DELETE api/v1/prompt-sets/<uuid:pk>/": "401 204 404 404 401 403 204",
    "GET api/v1/prompt-sets/<uuid:pk>/": "401 200 404 404 401 200 200",
    "GET api/v1/prompt-sets/<uuid:pk>/versions/": "401 200 404 404 401 200 200",
    "POST api/v1/prompt-sets/<uuid:pk>/versions/": "401 201 404 404 401 403 201",
    "GET api/v1/prompt-sets/<uuid:pk>/versions/<int:number>/": "401 200 404 404 401 200 200",
    "POST api/v1/prompts/preview/": "401 200 200 200 401 200 200",
    "GET api/v1/runs/": "401 200 200 200 401 200 200",
    "POST api/v1/runs/": "401 202 202 202 401 403 202",
    "GET api/v1/runs/<uuid:pk>/": "401 200 404 404 401 200 200",
    "POST api/v1/runs/<uuid:pk>/approve/": "401 202 404 404 401 403 202",
    "POST api/v1/runs/<uuid:pk>/cancel/": "401 202 404 404 401 403 202",
    "GET api/v1/runs/<uuid:pk>/cassette/": "401 200 404 404 401 200 200",
    "GET api/v1/runs/<uuid:pk>/events/": "401 200 404 404 401 200 200",
    "POST api/v1/runs/<uuid:pk>/feedback/": "401 200 404 404 401 403 200",
    "POST api/v1/runs/<uuid:pk>/fund/": "401 202 404 202 401 403 202",
    "GET api/v1/runs/<uuid:pk>/ledger/": "401 200 404 404 401 200 200",
    "POST api/v1/runs/<uuid:pk>/rerun/": "401 202 404 404 401 403 202",
    "GET api/v1/runs/<uuid:pk>/steps/": "401 200 404 404 401 200 200",
    "GET api/v1/runs/compare/": "401 200 404 404 401 200 200",
    "GET api/v1/statements/<str:month>/": "401 200 200 200 401 200 200",
    "GET api/v1/tokens/": "401 200 200 200 401 200 200",
    "POST api/v1/tokens/": "401 403 403 403 401 403 201",
    "DELETE api/v1/tokens/<uuid:pk>/": "401 403 403 403 401 403 204",
    "POST api/v1/tokens/<uuid:pk>/rotate/": "401 403 403 403 401 403 200",
    "GET api/v1/tools/": "401 200 200 200 401 200 200",
    "GET api/v1/usage/": "401 200 200 200 401 200 200",
    "GET api/v1/usage/focus.csv": "401 200 200 200 401 200 200",
    "GET api/v1/usage/export.csv": "401 200 200 200 401 200 200",
    "GET api/v1/usage/forecast/": "401 200 200 200 401 200 200",
    "GET api/v1/webhooks/": "401 200 200 200 401 200 200",
    "POST api/v1/webhooks/": "401 201 201 201 401 403 201",
    "DELETE api/v1/webhooks/<uuid:pk>/": "401 204 404 404 401 403 204",
    "GET api/v1/webhooks/<uuid:pk>/": "401 200 404 404 401 200 200",
    "PATCH api/v1/webhooks/<uuid:pk>/": "401 200 404 404 401 403 200",
    "GET api/v1/webhooks/<uuid:pk>/deliveries/": "401 200 404 404 401 200 200",
    "POST api/v1/webhooks/<uuid:pk>/deliveries/<uuid:delivery>/replay/": (
        "401 202 404 404 401 403 202"
    ),
    "POST api/v1/webhooks/<uuid:pk>/rotate/": "401 200 404 404 401 403 200",
    "POST api/v1/webhooks/<uuid:pk>/test/": "401 202 404 404 401 403 202",
}


@pytest.mark.django_db
def test_every_route_answers_everyone_as_decided(world: World) -> None:
    people = world.with_tokens
    chosen = [route for route in all_routes() if is_api(route) and not route.startswith("v1/")]

    assert_decided(answers(world, chosen, people), DECISIONS, people)
