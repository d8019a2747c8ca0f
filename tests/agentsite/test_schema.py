"""The OpenAPI document."""

import pytest
from django.core.management import call_command
from django.test import Client

from agentsite.reference.views import written

JSON = "application/vnd.oai.openapi+json"


def test_the_document_is_clean(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", file=str(tmp_path / "api.yml"))


@pytest.fixture(scope="module")
def document():
    response = Client().get("/api/schema/", HTTP_ACCEPT=JSON)
    assert response.status_code == 200
    return response.json()


def test_it_is_openapi_3_1_of_this_version(document):
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) >= {
        "/api/v1/runs/",
        "/api/v1/runs/{id}/",
        "/api/v1/runs/{id}/steps/",
        "/api/v1/runs/{id}/ledger/",
        "/api/v1/runs/{id}/events/",
        "/api/v1/runs/{id}/cancel/",
        "/api/v1/patterns/",
        "/api/v1/models/",
        "/api/v1/tools/",
        "/api/v1/usage/",
        "/api/v1/tokens/",
        "/api/v1/me/",
    }


def test_every_operation_names_its_errors(document):
    for operations in document["paths"].values():
        for operation in operations.values():
            (media_type,) = operation["responses"]["default"]["content"]
            assert media_type == "application/problem+json"


def test_lists_have_their_envelope(document):
    answers = document["paths"]["/api/v1/runs/"]["get"]["responses"]
    reference = answers["200"]["content"]["application/json"]["schema"]["$ref"]

    schema = document["components"]["schemas"][reference.rsplit("/", 1)[-1]]

    assert set(schema["properties"]) == {"next", "previous", "results"}


def test_a_problem_may_have_the_figures_of_a_budget(document):
    problem = document["components"]["schemas"]["Problem"]

    assert {"code", "errors", "limit_usd", "resets_at"} <= set(problem["properties"])
    assert "limit_usd" not in problem["required"]


def test_it_is_written_once_for_all(document):
    before = written.cache_info().misses
    for query in ("", "?version=%0d%0a"):
        answer = Client().get(
            f"/api/schema/{query}", HTTP_ACCEPT="application/vnd.oai.openapi+json"
        )
        assert answer.json() == document
        assert answer["Content-Disposition"] == 'inline; filename="agentsite.json"'
    assert written.cache_info().misses == before
