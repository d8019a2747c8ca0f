"""What makes two runs equal: everything that their answer depends on."""

from dataclasses import fields, replace
from typing import Any

import pytest

from runs import engine
from runs.cache import digest
from runs.cache.digest import digest_for, digest_of, engine_version
from runs.engine import plugins
from runs.engine.tools.registry import TOOLS
from runs.engine.types import Spec
from runs.services import Submission
from runs.services.checks import checked
from tests.providers import openai

SPEC = Spec(task="What is 6 times 7?", pattern="react", model="gpt-4.1-mini")
# Another value for each field of a specification: a new one has to be added here.
OTHERS: dict[str, Any] = {
    "task": "What is 6 times 7? ",
    "pattern": "reflection",
    "model": "gpt-4.1",
    "params": {"max_iterations": 3},
    "tools": ("calculator",),
    "custom_instructions": "In French.",
    "goals": ("short",),
    "prompts": {"think": {"system": "You are a poet."}},
    "roles": {"reflection": "gpt-4.1"},
    "reasoning_effort": "high",
    "verbosity": "low",
    "answer_schema": '{"type":"object"}',
    "declared": {"w__add": {"description": "Adds."}},
}


def test_every_field_of_a_specification_has_another_value_here() -> None:
    assert set(OTHERS) == {field.name for field in fields(Spec)}


@pytest.mark.parametrize("name", [field.name for field in fields(Spec)])
def test_each_field_counts(name: str) -> None:
    assert digest_of(replace(SPEC, **{name: OTHERS[name]})) != digest_of(SPEC)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PROVIDERS", openai()),
        ("PROVIDERS", openai(endpoint="other:80")),
        ("SIMULATED", False),
    ],
)
def test_who_is_asked_counts(settings, name: str, value: Any) -> None:
    before = digest_of(SPEC)
    setattr(settings, name, value)
    assert digest_of(SPEC) != before


def test_a_provider_of_other_models_does_not_count(settings) -> None:
    before = digest_of(SPEC)
    settings.PROVIDERS = (*openai(("another",)), *settings.PROVIDERS)
    assert digest_of(SPEC) == before


def test_the_providers_of_roles_count(settings) -> None:
    mixed = replace(SPEC, roles={"reflection": "gpt-4.1"})
    before = digest_of(mixed)
    settings.PROVIDERS = (*openai(("gpt-4.1",)), *settings.PROVIDERS)
    assert digest_of(mixed) != before


def test_the_engine_that_asks_counts(monkeypatch) -> None:
    before = digest_of(SPEC)
    monkeypatch.setattr(digest, "engine_version", lambda: "another release")
    assert digest_of(SPEC) != before


def test_a_change_of_the_engine_s_source_is_another_version(monkeypatch, tmp_path) -> None:
    source = tmp_path / "engine" / "patterns" / "react.py"
    source.parent.mkdir(parents=True)
    monkeypatch.setattr(engine, "__file__", str(tmp_path / "engine" / "__init__.py"))
    versions = set()
    for prompt in ("Think.", "Think hard.", "Think."):
        source.write_text(prompt)
        versions.add(engine_version.__wrapped__())
    assert len(versions) == 2


def test_another_version_of_a_package_is_another_version(monkeypatch) -> None:
    before = engine_version.__wrapped__()
    monkeypatch.setattr(plugins, "versions", lambda: ["agentsite.tools “dice” 2.0"])
    assert engine_version.__wrapped__() != before


@pytest.mark.django_db
def test_what_is_left_out_is_equal_to_its_default() -> None:
    short = Submission(task="x")
    full = Submission(
        task="x",
        pattern="react",
        model=checked(short).spec.model,
        params=checked(short).spec.params,
        tools=checked(short).spec.tools,
        metadata={"team": "blue"},
        deadline_s=60,
    )
    assert digest_of(checked(short).spec) == digest_of(checked(full).spec)


def test_off_has_no_part_in_the_cache() -> None:
    assert digest_for(Submission(task="x"), SPEC) == digest_of(SPEC)
    assert digest_for(Submission(task="x", cache="refresh"), SPEC) == digest_of(SPEC)
    assert digest_for(Submission(task="x", cache="off"), SPEC) is None


def test_a_site_that_keeps_nothing_makes_no_digest(settings) -> None:
    settings.RESULT_CACHE_S = 0
    assert digest_for(Submission(task="x"), SPEC) is None


def test_only_tools_that_answer_alike_at_any_time_are_stable() -> None:
    assert TOOLS["calculator"].stable
    assert not TOOLS["current_time"].stable
