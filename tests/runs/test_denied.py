"""Patterns that a site denies, and that nothing makes slow."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from runs.denied import MAX_LENGTH, MOST_PATTERNS, denied, patterns_in
from runs.models import Run
from tests.pace import limit, seconds_of

RUNS = "/api/v1/runs/"
CARD = r"\b\d{4}[ -]?\d{4}[ -]?\d{4}[ -]?\d{4}\b"


@pytest.fixture
def api(api_for: Any, alice: User) -> APIClient:
    client: APIClient = api_for(alice)
    return client


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"task": "charge 4111 1111 1111 1111"}, "task"),
        ({"task": "x", "goals": ["y", "4111-1111-1111-1111"]}, "goals"),
        ({"task": "x", "custom_instructions": "4111111111111111"}, "custom_instructions"),
        ({"task": "x", "prompts": {"think": {"system": "4111111111111111"}}}, "prompts"),
        ({"task": "4111\x1b 1111 1111 1111"}, "task"),
    ],
)
@pytest.mark.parametrize("path", [RUNS, "/api/v1/estimate/"])
def test_what_matches_is_400_and_names_the_field(
    api: APIClient, settings: Settings, path: str, body: dict[str, Any], field: str
) -> None:
    settings.DENIED_PATTERNS = ("(?i)top secret", CARD)
    answer = api.post(path, body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert list(answer.json()["errors"]) == [field]
    assert "4111" not in answer.content.decode()
    assert not Run.objects.exists()


def test_what_does_not_match_is_taken(api: APIClient, settings: Settings) -> None:
    settings.DENIED_PATTERNS = (CARD,)
    assert api.post(RUNS, {"task": "4111 1111 1111"}, format="json").status_code == 202


def test_the_composer_says_so_too(client_for: Any, alice: User, settings: Settings) -> None:
    settings.DENIED_PATTERNS = ("(?i)top secret",)
    form = {
        "task": "A TOP secret",
        "pattern": "react",
        "model": "auto",
        "idempotency_key": str(uuid4()),
    }
    page = client_for(alice).post("/", form)
    assert page.status_code == 422
    assert "does not take" in page.content.decode()


def test_without_patterns_nothing_is_denied(settings: Settings) -> None:
    assert settings.DENIED_PATTERNS == ()
    assert not denied("anything")


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(.*a){12}z", r"(?i)\w+\s*\w+$"])
def test_no_pattern_and_no_text_take_long(settings: Settings, pattern: str) -> None:
    settings.DENIED_PATTERNS = patterns_in([pattern])
    usual_s = seconds_of(lambda: ("a" * 200_000).count("ab"))
    text = "a" * 199_999 + "!"
    assert seconds_of(lambda: denied(text)) < limit(5, usual_s)


def test_a_file_has_a_pattern_a_line() -> None:
    assert patterns_in(["# comment", "", "  a+ ", "b # c"]) == ("a+", "b # c")


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["("], "unclosed group"),
        (["(?=a)"], "look-around"),
        ([r"(a)\1"], "backreferences"),
        (["(a{1000}){1000}"], "size limit"),
        (["a" * (MAX_LENGTH + 1)], "characters"),
        (["a"] * (MOST_PATTERNS + 1), "patterns"),
    ],
)
def test_one_that_can_not_be_used_is_told_at_the_start(lines: list[str], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        patterns_in(lines)


def test_an_example_for_the_docs_can_be_used() -> None:
    docs = Path(__file__).parents[2] / "docs" / "access.md"
    block = docs.read_text().split("```text\n")[1].split("```")[0]
    assert len(patterns_in(block.splitlines())) == 2
