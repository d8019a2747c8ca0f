"""Several providers in the environment, each under its own name."""

from datetime import date
from pathlib import Path

import pytest

from agentsite.env import Env, load_env
from agentsite.environments import COMMON_MODELS
from agentsite.providers import SHUTDOWNS
from billing.library import library_prices
from runs.auto.tiers import tiers

GROQ = {
    "PROVIDERS": "groq",
    "GROQ_BASE_URL": "https://api.groq.com/openai/v1/",
    "GROQ_API_KEY": "gsk-secret",
    "GROQ_MODELS": "llama-3.3, groq/compound",
}
OPENAI = {"OPENAI_API_KEY": "sk-secret"}


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch):
    """Load an environment that has these variables and no others of the site."""
    for name in Env.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)

    def load(**variables: str) -> Env:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return load_env()

    return load


def test_without_any_the_simulator_answers(given) -> None:
    env = given()
    (provider,) = env.site_providers
    assert (env.simulated, provider.name, provider.endpoint) == (True, "simulator", "simulator")
    assert provider.models == env.models == COMMON_MODELS


def test_openai_alone_is_as_it_was(given) -> None:
    env = given(**OPENAI, OPENAI_BASE_URL="http://127.0.0.1:11434/v1/", OPENAI_MODELS="llama3")
    (provider,) = env.site_providers
    assert (env.simulated, provider.name, provider.models) == (False, "openai", ("llama3",))
    assert (provider.base_url, provider.endpoint) == (
        "http://127.0.0.1:11434/v1",
        "127.0.0.1:11434",
    )
    assert provider.api_key == "sk-secret"


def test_a_named_one_has_its_own_address_key_and_models(given) -> None:
    env = given(**GROQ)
    (groq,) = env.site_providers
    assert (env.simulated, groq.name) == (False, "groq")
    assert groq.base_url == "https://api.groq.com/openai/v1"
    assert groq.api_key == "gsk-secret"
    assert env.models == ("llama-3.3", "groq/compound")
    assert groq.own_name("groq/compound") == "groq/compound"


def test_openai_stands_first_unless_it_is_named_later(given) -> None:
    assert [one.name for one in given(**GROQ, **OPENAI).site_providers] == ["openai", "groq"]
    later = given(PROVIDERS="groq,openai")
    assert [one.name for one in later.site_providers] == ["groq", "openai"]


def test_a_prefix_keeps_equal_names_apart(given) -> None:
    env = given(**GROQ, **OPENAI, OPENAI_MODELS="llama-3.3", GROQ_PREFIX="groq:")
    assert env.models == ("llama-3.3", "groq:llama-3.3", "groq:groq/compound")
    groq = env.site_providers[1]
    assert groq.own_name("groq:groq/compound") == "groq/compound"
    assert groq.site_id("llama-3.3") == "groq:llama-3.3"


def test_the_file_has_them_too(given, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "some.env"
    file.write_text("\n".join(f"{name}={value}" for name, value in GROQ.items()))
    (groq,) = given(ENV_FILE=str(file), GROQ_MODELS="other").site_providers
    assert (groq.api_key, groq.models) == ("gsk-secret", ("other",))


def test_keys_do_not_show_themselves(given) -> None:
    env = given(**GROQ, **OPENAI)
    told = repr((env, env.site_providers))
    assert "gsk-secret" not in told
    assert "sk-secret" not in told


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"PROVIDERS": "openai"}, "OPENAI_API_KEY is missing"),
        ({"PROVIDERS": "groq", "GROQ_API_KEY": "gsk-secret"}, "GROQ_BASE_URL is missing"),
        (GROQ | {"GROQ_BASE_URL": "api.groq.com"}, "GROQ_BASE_URL must start with"),
        (GROQ | {"GROQ_MODELS": ""}, "GROQ_MODELS is missing"),
        (GROQ | OPENAI | {"OPENAI_MODELS": "llama-3.3"}, "set GROQ_PREFIX"),
        (GROQ | {"PROVIDERS": "groq,groq"}, "“groq” twice"),
        (GROQ | {"PROVIDERS": "groq,simulator"}, "can't name the simulator"),
        ({"PROVIDERS": "my-gateway"}, "“my-gateway” can't be a provider's name"),
        ({"PROVIDERS": "tavily"}, "TAVILY_API_KEY means something else"),
        ({"PROVIDERS": "cheap"}, "CHEAP_MODELS means something else"),
        (GROQ | {"CHEAP_MODELS": "gpt-4.1-mini"}, "which isn't offered"),
    ],
)
def test_what_can_not_be_called_ends_the_start_with_one_line(
    given, variables: dict[str, str], said: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        given(**variables)
    line = str(caught.value)
    assert said in line
    assert "\n" not in line
    assert "secret" not in line


@pytest.mark.parametrize("model", COMMON_MODELS)
def test_what_is_offered_by_default_lives_and_has_a_price(model: str) -> None:
    assert model not in SHUTDOWNS
    assert library_prices(model, date(2026, 11, 29)) is not None


def test_by_default_auto_takes_luna_for_simple_tasks_and_terra_for_complex_ones() -> None:
    listed = {model: library_prices(model, date(2026, 11, 29)) for model in COMMON_MODELS}
    found = tiers(
        {model: prices for model, prices in listed.items() if prices}, cheap=(), strong=()
    )
    assert (found.simple[0], found.complex[0]) == ("gpt-6-luna", "gpt-6.1-terra")


@pytest.mark.parametrize(
    ("variables", "known"),
    [
        ({}, True),
        (OPENAI, True),
        (OPENAI | {"OPENAI_BASE_URL": "https://api.openai.com/v1"}, True),
        (OPENAI | {"OPENAI_BASE_URL": "https://gateway.example/v1"}, False),
    ],
)
def test_known_shutdowns_are_those_of_openai_itself(
    given, variables: dict[str, str], known: bool
) -> None:
    env = given(**variables, OPENAI_MODELS="gpt-4.1,gpt-6-luna")
    assert env.known_shutdown_dates == ({"gpt-4.1": date(2027, 1, 14)} if known else {})
