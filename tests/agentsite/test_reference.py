"""The API reference says all of the OpenAPI document, in the frame of the site."""

import re
from typing import Any

import pytest
from django.test import Client

from agentsite.reference.document import read, reference
from agentsite.reference.kinds import Kind, kind_of

COMPONENTS: dict[str, Any] = {
    "Colour": {"type": "string", "enum": ["red", "green"]},
    "Lamp": {"type": "object", "properties": {"colour": {"$ref": "#/components/schemas/Colour"}}},
    "LampList": {
        "properties": {
            "next": {},
            "previous": {},
            "results": {"type": "array", "items": {"$ref": "#/components/schemas/Lamp"}},
        }
    },
}


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "integer", "minimum": 1}, Kind("integer", bounds=("at least 1",))),
        ({"type": ["string", "null"], "format": "uuid"}, Kind("UUID", nullable=True)),
        ({"type": "array", "items": {"type": "string"}}, Kind("list of string")),
        ({"type": "array", "items": ref("Lamp")}, Kind("list of", "Lamp")),
        ({"type": "object", "additionalProperties": True}, Kind("object")),
        ({"type": "object", "additionalProperties": {"type": "string"}}, Kind("object of string")),
        (ref("Colour"), Kind("string", choices=("red", "green"))),
        (ref("LampList"), Kind("page of", "Lamp")),
        ({"oneOf": [ref("Lamp"), {"type": "null"}]}, Kind("", "Lamp", nullable=True)),
        ({"allOf": [ref("Lamp")], "readOnly": True}, Kind("", "Lamp")),
        ({}, Kind("object")),
    ],
)
def test_a_schema_is_said_in_a_few_words(schema: dict[str, Any], kind: Kind) -> None:
    assert kind_of(schema, COMPONENTS) == kind


def test_an_operation_has_its_parameters_body_and_answers() -> None:
    operation = {
        "operationId": "lamps_create",
        "description": "Light a lamp.\n\nIt burns `until` then.",
        "tags": ["lamps"],
        "security": [{"session": []}],
        "parameters": [
            {"name": "q", "in": "query", "schema": {"type": "string"}, "description": "Text."},
            {"name": "id", "in": "path", "schema": {"type": "string"}, "required": True},
        ],
        "requestBody": {
            "content": {"application/json": {"schema": ref("Lamp"), "example": {"colour": "red"}}}
        },
        "responses": {
            "201": {"description": ""},
            "401": {"description": "No token."},
            "default": {"description": "An error."},
        },
    }
    document = {
        "tags": [{"name": "lamps", "description": "All that burns."}],
        "paths": {"/api/v1/lamps/": {"post": operation}},
        "components": {"schemas": COMPONENTS},
    }

    (subject,) = read(document).subjects
    (said,) = subject.operations

    assert (subject.title, subject.note) == ("Lamps", "All that burns.")
    assert (said.method, said.short_path, said.people_only) == ("POST", "/lamps/", True)
    assert said.notes == ("Light a lamp.", "It burns `until` then.")
    assert [(field.name, field.required) for field in said.parameters] == [
        ("id", True),
        ("q", False),
    ]
    assert [field.name for field in said.body] == ["colour"]
    assert [answer.status for answer in said.answers] == ["201"]
    assert said.request == (
        'curl -X POST "$AGENTSITE_URL/api/v1/lamps/" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        """  -d '{"colour": "red"}'"""
    )


@pytest.fixture(scope="module")
def html() -> str:
    response = Client().get("/api/docs/")
    assert response.status_code == 200
    assert "default-src 'self'" in response["Content-Security-Policy"]
    return response.content.decode()


def test_every_operation_is_on_the_page(html: str) -> None:
    as_json = "application/vnd.oai.openapi+json"
    document = Client().get("/api/schema/", HTTP_ACCEPT=as_json).json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert f'id="{operation["operationId"]}"' in html
            assert f">{method.upper()}</span> <code>{path}</code>" in html


def test_every_link_within_the_page_leads_somewhere(html: str) -> None:
    links = set(re.findall(r'href="#([\w-]+)"', html)) - {"main"}
    assert links <= set(re.findall(r'id="([\w-]+)"', html))
    assert {f"object-{described.name}" for described in reference().objects} <= links


def test_it_needs_no_inline_script_and_no_inline_style(html: str) -> None:
    assert "<style" not in html
    assert "style=" not in html
    assert all("src=" in script for script in re.findall(r"<script[^>]*>", html))


@pytest.mark.django_db
def test_a_stranger_is_offered_what_a_stranger_may_open(html: str, client_for, alice) -> None:
    assert 'href="/accounts/login/?next=/api/docs/"' in html
    assert 'href="/usage/"' not in html
    mine = client_for(alice).get("/api/docs/").content.decode()
    assert 'href="/usage/"' in mine
    assert "/accounts/login/" not in mine
