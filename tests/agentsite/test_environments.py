"""What differs between the environments, and what a site that others reach won't start with."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agentsite.env import ROOT, load_env
from agentsite.environments import COMMON_MODELS, THRIFTY_MODELS
from tests.agentsite.variables import SAFE, refusal, take_away

FROM_OPENAI = {"OPENAI_BASE_URL": "", "OPENAI_API_KEY": "sk-given"}


@pytest.fixture(autouse=True)
def _only_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    take_away(monkeypatch)
    for name, value in {**SAFE, "ENVIRONMENT": "production", "ENV_FILE": ""}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("environment", "level", "cached_s", "models"),
    [
        ("development", "DEBUG", 60, THRIFTY_MODELS),
        ("staging", "INFO", 300, THRIFTY_MODELS),
        ("production", "WARNING", 3600, COMMON_MODELS),
        ("test", "WARNING", 0, COMMON_MODELS),
    ],
)
def test_each_environment_has_its_own(
    monkeypatch: pytest.MonkeyPatch, environment: str, level: str, cached_s: int, models: object
) -> None:
    for name, value in {**FROM_OPENAI, "ENVIRONMENT": environment}.items():
        monkeypatch.setenv(name, value)
    env = load_env()
    assert (env.log_level, env.result_cache_s, env.models) == (level, cached_s, models)


def test_what_is_said_counts_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"LOG_LEVEL": "ERROR", "RESULT_CACHE_S": "0", "OPENAI_MODELS": "one,two"}
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    env = load_env()
    assert (env.log_level, env.result_cache_s, env.models) == ("ERROR", 0, ("one", "two"))


@pytest.mark.parametrize("environment", ["staging", "production"])
@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("SECRET_KEY", "", "needs at least 50 characters"),
        ("SECRET_KEY", "short", "needs at least 50 characters"),
        ("SECRET_KEY", "abc" * 30, "can be guessed"),
        ("SECRET_KEY", "django-insecure-" + "0123456789" * 5, "can be guessed"),
        ("ALLOWED_HOSTS", "", "is missing"),
        ("ALLOWED_HOSTS", "agents.example.org,*", "can't be *"),
        ("DATABASE_URL", "", "is missing"),
        ("DATABASE_URL", "mysql://agentsite:0815@db/agentsite", "must start with postgresql://"),
        ("DATABASE_URL", "postgresql://agentsite:password@db/agentsite", "password of an example"),
        ("REDIS_URL", "", "is missing"),
        ("REDIS_URL", "redis.internal:6379", "must start with redis://"),
        ("REDIS_URL", "redis://:changeme@redis/0", "password of an example"),
        ("OPENAI_BASE_URL", "", "OPENAI_API_KEY is missing"),
        ("PUBLIC_URL", "http://agents.example.org", "must start with https://"),
        ("CSRF_TRUSTED_ORIGINS", "https://a.example,http://b.example", "must start with https://"),
        ("EMAIL_USE_TLS", "false", "can't be off with EMAIL_HOST_PASSWORD"),
        ("JWT_SECRET_KEY", SAFE["SECRET_KEY"], "can't be SECRET_KEY"),
    ],
)
def test_a_site_for_others_refuses_what_is_unsafe(
    monkeypatch: pytest.MonkeyPatch, environment: str, name: str, value: str, reason: str
) -> None:
    monkeypatch.setenv("ENVIRONMENT", environment)
    monkeypatch.setenv("EMAIL_HOST_PASSWORD", "of-the-mail-server")
    assert load_env().environment == environment
    monkeypatch.setenv(name, value)
    line = refusal()
    assert name in line
    assert reason in line
    for secret in ("of-the-mail-server", "for-checks", "0123456789"):
        assert secret not in line


@pytest.mark.parametrize(
    "command",
    [
        ("manage.py", "check"),
        ("-m", "agentsite.server", "agentsite.asgi:application"),
        ("-m", "celery", "-A", "agentsite", "worker"),
        ("-m", "celery", "-A", "agentsite", "beat", "--schedule=/nowhere/schedule"),
    ],
    ids=["manage", "web", "worker", "beat"],
)
def test_each_process_ends_with_one_line_and_1(command: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, "ALLOWED_HOSTS": "*"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = (done.stdout + done.stderr).strip()
    assert (done.returncode, said.count("\n")) == (1, 0), said
    assert said.startswith("agentsite: bad environment: ALLOWED_HOSTS can't be *")


def test_secrets_may_stand_in_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("SECRET_KEY", "DATABASE_URL", "REDIS_URL"):
        (tmp_path / name).write_text(f"{SAFE[name]}\n")
        monkeypatch.delenv(name)
        monkeypatch.setenv(f"{name}_FILE", str(tmp_path / name))
    env = load_env()
    read = [env.secret_key, env.database_url, env.redis_url]
    wanted = [SAFE[name] for name in ("SECRET_KEY", "DATABASE_URL", "REDIS_URL")]
    assert [secret.get_secret_value() for secret in read] == wanted


def test_a_named_providers_key_may_stand_in_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("gsk-from-a-file\n")
    named = {"BASE_URL": "https://groq.invalid/v1", "MODELS": "llama"}
    for name, value in {**named, "API_KEY_FILE": str(tmp_path / "key")}.items():
        monkeypatch.setenv(f"GROQ_{name}", value)
    monkeypatch.setenv("PROVIDERS", "groq")
    assert load_env().providers[0].api_key.get_secret_value() == "gsk-from-a-file"


def test_a_secret_that_is_given_twice_or_cannot_be_read_ends_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "none"))
    assert "SECRET_KEY and SECRET_KEY_FILE are both set" in refusal()
    monkeypatch.delenv("SECRET_KEY")
    assert f"SECRET_KEY_FILE: {tmp_path / 'none'} can't be read: No such file" in refusal()


def test_a_file_of_a_secret_is_checked_as_the_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("short")
    monkeypatch.delenv("SECRET_KEY")
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "key"))
    assert "SECRET_KEY needs at least 50 characters" in refusal()


def test_replaced_keys_are_kept_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_env().older_secret_keys == []
    monkeypatch.setenv("SECRET_KEY_FALLBACKS", "newest, older")
    env = load_env()
    assert env.older_secret_keys == ["newest", "older"]
    assert "newest" not in repr(env)
