"""The OpenAPI document and its page."""

import re

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client


def test_the_document_is_clean(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", file=str(tmp_path / "api.yml"))


@pytest.fixture(scope="module")
def document():
    response = Client().get("/api/schema/", HTTP_ACCEPT="application/vnd.oai.openapi+json")
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


def test_the_page_needs_no_inline_script_and_no_other_host():
    response = Client().get("/api/docs/")
    html = response.content.decode()

    assert response.status_code == 200
    assert "default-src 'self'" in response["Content-Security-Policy"]
    assert "//" not in re.sub(r"<!--.*?-->", "", html, flags=re.S).replace("<!doctype", "")
    assert "<style" not in html
    assert all("src=" in script for script in re.findall(r"<script[^>]*>", html))


def test_all_that_the_page_loads_is_there():
    html = Client().get("/api/docs/").content.decode()

    addresses = re.findall(r'<(?:script|link)[^>]*(?:src|href)="([^"]+)"', html)
    assert len(addresses) >= 4
    for address in addresses:
        if address.startswith("/static/"):
            assert finders.find(address.removeprefix("/static/")), address
        else:
            script = Client().get(address.replace("&amp;", "&"))
            assert script.status_code == 200
            assert "javascript" in script["Content-Type"]
            assert (
                "/api/schema/" in script.content.decode() or "../schema/" in script.content.decode()
            )


def test_a_problem_may_have_the_figures_of_a_budget(document):
    problem = document["components"]["schemas"]["Problem"]

    assert {"code", "errors", "limit_usd", "resets_at"} <= set(problem["properties"])
    assert "limit_usd" not in problem["required"]
