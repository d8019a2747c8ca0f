"""The environment is checked at the start, and .env.example tells all about it."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from agentsite.env import ROOT, Env, load_env, local_secret
from agentsite.providers import VARIABLES

EXAMPLE = (ROOT / ".env.example").read_text()
ASSIGNMENT = re.compile(r"^(#?)([A-Z_]+)=(.*)$", re.M)


# Those of the provider that the example names.
GROQ = tuple(f"GROQ_{part.upper()}" for part in VARIABLES)


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Env.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_the_example_names_every_variable_once() -> None:
    named = [name for _, name, _ in ASSIGNMENT.findall(EXAMPLE)]
    assert sorted(named) == sorted((*GROQ, *(name.upper() for name in Env.model_fields)))


def test_the_example_explains_every_variable_in_one_line() -> None:
    lines = EXAMPLE.splitlines()
    for number, line in enumerate(lines):
        if ASSIGNMENT.match(line):
            assert re.match(r"# \S", lines[number - 1]), line


def test_what_the_example_sets_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    default = load_env()
    for commented, name, value in ASSIGNMENT.findall(EXAMPLE):
        if not commented:
            monkeypatch.setenv(name, value)
    assert load_env() == default


def test_what_the_example_suggests_is_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    for _, name, value in ASSIGNMENT.findall(EXAMPLE):
        monkeypatch.setenv(name, value)
    prices = load_env().model_prices
    assert prices["llama3"].output == Decimal(0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("DATABASE_URL", "mysql://localhost/x"),
        ("WORKERS", "many"),
        ("OPENAI_BASE_URL", "api.example.org"),
        ("REDIS_URL", "localhost:6379"),
        ("RATE_LIMIT_LOGIN", "often"),
        ("MODEL_PRICES", '{"m": {"input": "1"}}'),
        ("MODEL_PRICES", "not json"),
        ("ENVIRONMENT", "prod"),
        ("BREAKER_FAILURES", "0"),
        ("RETAIN_ALERTS_DAYS", "34"),
        ("MODEL_FALLBACKS", '{"gpt-4.1": "gpt-99"}'),
        ("MODEL_FALLBACKS", '{"gpt-99": "gpt-4.1"}'),
        ("MODEL_FALLBACKS", '{"gpt-4.1": "gpt-4.1"}'),
        ("MODEL_FALLBACKS", '{"gpt-4.1": "gpt-5-mini", "gpt-5-mini": "gpt-4.1"}'),
        ("CHEAP_MODELS", "gpt-4.1-mini,gpt-99"),
        ("STRONG_MODELS", "gpt-99"),
    ],
)
def test_a_bad_value_ends_the_start_with_one_line(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as caught:
        load_env()
    line = str(caught.value)
    assert "\n" not in line
    assert name in line.upper()


def test_the_file_named_by_env_file_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "other.env"
    file.write_text("WORKERS=3\nPORT=9001\n")
    monkeypatch.setenv("ENV_FILE", str(file))
    monkeypatch.setenv("PORT", "9002")
    assert (load_env().workers, load_env().port) == (3, 9002)


def test_a_price_comes_from_its_own_object_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTPUT", "7")
    monkeypatch.setenv("MODEL_PRICES", '{"m": {"input": "1"}}')
    with pytest.raises(SystemExit):
        load_env()


def test_the_local_secret_is_made_once_and_only_for_its_owner(tmp_path: Path) -> None:
    secret = local_secret(tmp_path / "new")
    assert local_secret(tmp_path / "new") == secret
    assert len(secret) > 50
    assert (tmp_path / "new" / "secret_key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("variables", "address"),
    [
        ({}, ""),
        ({"SIMULATOR_URL": "http://127.0.0.1:9/v1"}, "http://127.0.0.1:9/sim/search"),
        ({"SIMULATOR_URL": "http://127.0.0.1:9/v1", "OPENAI_API_KEY": "k"}, ""),
        ({"SIMULATOR_URL": "http://127.0.0.1:9/v1", "TAVILY_API_KEY": "k"}, ""),
        (
            {"SIMULATOR_URL": "http://127.0.0.1:9/v1", "SEARCH_URL": "http://s.example/search"},
            "http://s.example/search",
        ),
    ],
)
def test_a_simulated_site_searches_in_the_simulator_unless_it_has_a_search(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], address: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert load_env().search_address == address


def test_keys_of_a_search_do_not_show_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAVILY_API_KEY", "tvly-secret")
    assert "tvly-secret" not in repr(load_env())


def test_the_sites_own_names_are_those_it_answers_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", "*, .Agents.example.org, other.example")
    monkeypatch.setenv("PUBLIC_URL", "https://public.example:8443/x")
    names = ("agents.example.org", "other.example", "public.example")
    assert load_env().own_names == names
