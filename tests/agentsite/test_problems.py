"""Every problem's type leads to a page, and the page and the docs tell of every code."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from agentsite.reference.problems import PROBLEM_TYPES
from web.errors import Problem
from web.problems import CODES, problem

TABLE = {(status, one.code) for one in PROBLEM_TYPES for status in one.statuses}
IN_DOCS = re.compile(r"^\| (\d{3}) \| `([a-z_]+)` \|", re.M)


# Their answers have OpenAI's shape and codes.
OPENAI_FRONT = "runs.openai."


def raised(kind: type[Problem] = Problem) -> Iterator[tuple[int, str]]:
    """The status and code of each class of errors that is answered as a problem."""
    for one in kind.__subclasses__():
        if not one.__module__.startswith(OPENAI_FRONT):
            yield one.status, one.code
        yield from raised(one)


def test_the_table_has_every_code_that_is_answered() -> None:
    assert set(raised()) <= TABLE
    assert set(CODES.items()) <= TABLE
    assert {*raised(), *CODES.items()} >= TABLE


def test_a_code_is_there_once() -> None:
    codes = [one.code for one in PROBLEM_TYPES]
    assert len(codes) == len(set(codes))


def test_the_docs_have_the_same_table() -> None:
    text = (Path(settings.BASE_DIR) / "docs" / "api.md").read_text()
    _, _, errors = text.partition("\n## Errors\n")
    found = {(int(status), code) for status, code in IN_DOCS.findall(errors)}
    assert found == TABLE


def test_the_type_leads_to_what_explains_the_code() -> None:
    client = Client()
    refused = client.get("/api/v1/me/").json()
    address, _, code = refused["type"].partition("#")

    page = client.get(address)

    assert (code, page.status_code) == ("not_authenticated", 200)
    html = page.content.decode()
    assert all(f'id="{one.code}"' in html for one in PROBLEM_TYPES)


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        ("", "/api/docs/problems/#not_found"),
        ("https://agents.example.org", "https://agents.example.org/api/docs/problems/#not_found"),
    ],
)
def test_the_type_is_absolute_where_the_site_knows_its_address(settings, site, expected) -> None:
    settings.PUBLIC_URL = site
    assert f'"type": "{expected}"' in problem(404, "Not here.").content.decode()
