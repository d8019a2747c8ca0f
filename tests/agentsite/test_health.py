"""The probes: what they say when all is well, when a part is away, and when everything hangs."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import redis
from django.conf import settings as site
from django.db import connections
from django.test import Client
from django.utils import timezone
from psycopg.conninfo import conninfo_to_dict

from agentsite import health
from agentsite.local.ports import free_port
from runs.models import Worker
from tests.factories import WorkerFactory
from tests.providers import openai
from tests.superuser import as_superuser

PARTS = ["api", "database", "cache", "broker", "workers", "llm"]


class Provider(ThreadingHTTPServer):
    """An OpenAI-compatible endpoint that only lists its models."""

    status = 200
    authorizations: list[str | None]

    class Answer(BaseHTTPRequestHandler):
        server: "Provider"

        def do_GET(self) -> None:
            self.server.authorizations.append(self.headers["Authorization"])
            self.send_response(self.server.status if self.path == "/v1/models" else 404)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), self.Answer)
        self.authorizations = []


@pytest.fixture
def provider(settings) -> Iterator[Provider]:
    with Provider() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}/v1"
        settings.PROVIDERS = openai(base_url=address, api_key="sk-secret")
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no part that is away."""
    for limit in ("LIMIT_S", "LLM_LIMIT_S", "CACHE_LIMIT_S", "POOL_LIMIT_S"):
        monkeypatch.setattr(health, limit, 60.0)


@pytest.fixture
def forget() -> None:
    """Start without a remembered answer of the provider."""
    with redis.from_url(site.REDIS_URL) as client:
        client.delete(f"{site.REDIS_PREFIX}:health:llm")


@pytest.fixture
def healthy(transactional_db, provider: Provider, forget) -> Provider:
    """Everything that the probes ask for."""
    WorkerFactory.create()
    return provider


def ask(path: str = "/readyz") -> tuple[int, dict[str, str]]:
    response = Client().get(path)
    body = response.json()
    assert list(body) == PARTS
    assert body["api"] == "healthy"
    return response.status_code, body


def ill(**parts: str) -> dict[str, str]:
    return {**dict.fromkeys(PARTS, "healthy"), **parts}


@pytest.mark.parametrize("path", ["/readyz", "/health"])
def test_all_is_well(healthy, path):
    assert ask(path) == (200, ill())
    assert "no-store" in Client().get(path)["Cache-Control"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/health"])
@pytest.mark.parametrize("host", ["10.1.2.3:8000", "not_a_name", ""])
def test_a_probe_comes_by_any_host_and_without_tls(healthy, settings, path, host):
    settings.ALLOWED_HOSTS = ["agents.example.org"]
    settings.SECURE_SSL_REDIRECT = True

    assert Client().get(path, headers={"host": host}).status_code == 200


def test_a_process_that_served_nothing_yet_is_ready(healthy):
    connections["default"].close()
    connections["default"].close_pool()  # type: ignore[attr-defined]

    assert ask() == (200, ill())


def test_alive_asks_nobody(monkeypatch, settings):
    monkeypatch.setitem(connections.settings["default"], "PORT", str(free_port()))
    settings.REDIS_URL = settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{free_port()}"

    assert Client().get("/healthz").json() == {"status": "healthy"}


@pytest.mark.parametrize(
    "changes",
    [
        {"ended_at": timezone.now()},
        {"expires_at": timezone.now() - timedelta(seconds=1)},
        {"seen_at": timezone.now() - timedelta(minutes=5)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_worker_is_proven_by_its_lease(healthy, changes):
    Worker.objects.update(**changes)

    assert ask() == (503, ill(workers="no worker has been seen lately"))


@pytest.fixture
def pool(django_db_setup: None) -> None:
    """The process's pool is open, so that none is made of what a test sets."""
    connections["default"].pool.open()  # type: ignore[attr-defined]


@pytest.mark.usefixtures("pool")
def test_without_postgres(healthy, monkeypatch):
    monkeypatch.setitem(connections.settings["default"], "PORT", str(free_port()))

    parts = ill(database="unreachable", workers="unknown without the database")
    assert ask() == (503, parts)


def test_without_redis(healthy, settings):
    settings.REDIS_URL = f"redis://:secret@127.0.0.1:{free_port()}/0"
    settings.CELERY_BROKER_URL = settings.REDIS_URL

    away = "unreachable, or refusing writes"
    assert ask() == (503, ill(cache=away, broker=away))


def test_without_a_provider(healthy, settings):
    settings.PROVIDERS = openai(base_url=f"http://127.0.0.1:{free_port()}/v1")

    assert ask() == (503, ill(llm="unreachable"))


def test_of_several_providers_those_that_are_ill_are_named(healthy, settings):
    away = openai(base_url=f"http://127.0.0.1:{free_port()}/v1")
    packaged = replace(away[0], name="acme", packaged=True)
    other = replace(settings.PROVIDERS[0], name="groq")
    settings.PROVIDERS = (other, *away, packaged)

    assert ask() == (503, ill(llm="openai: unreachable"))
    assert healthy.authorizations == ["Bearer sk-secret"]


def test_a_provider_that_refuses_the_key(healthy):
    healthy.status = 401

    assert ask() == (503, ill(llm="answered with status 401"))


def test_the_provider_is_asked_once_with_the_key(healthy):
    for _ in range(3):
        ask()

    assert healthy.authorizations == ["Bearer sk-secret"]


def test_without_a_key_none_is_sent(healthy, settings):
    settings.PROVIDERS = (replace(settings.PROVIDERS[0], api_key=""),)
    ask()

    assert healthy.authorizations == [None]


@pytest.fixture
def silence() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as listener:
        yield listener.getsockname()[1]


@pytest.mark.usefixtures("pool")
def test_when_everything_hangs_the_answer_still_comes(monkeypatch, settings, silence):
    for name, limit in {"LIMIT_S": 3, "LLM_LIMIT_S": 1.5, "CACHE_LIMIT_S": 0.5}.items():
        monkeypatch.setattr(health, name, limit)
    monkeypatch.setitem(connections.settings["default"], "PORT", str(silence))
    settings.REDIS_URL = settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{silence}"
    settings.PROVIDERS = openai(base_url=f"http://127.0.0.1:{silence}/v1")
    started = time.monotonic()

    late = "no answer in time"
    parts = ill(database=late, workers="unknown without the database")
    assert ask() == (503, {**parts, "cache": late, "broker": late, "llm": late})
    assert time.monotonic() - started < 6, "one part waited for another"


@pytest.fixture
def failing_writes(pool, private_postgres, healthy, monkeypatch, tmp_path) -> Callable[[str], None]:
    """Point the probe at a server with a live worker, which refuses to write with this code."""
    home = tmp_path / "postgres"
    with as_superuser(private_postgres, home) as database:
        database.execute(
            "CREATE TABLE runs_worker AS SELECT null::timestamptz AS ended_at,"
            " now() AS seen_at, now() + interval '1 hour' AS expires_at"
        )
        database.execute("GRANT SELECT ON runs_worker TO PUBLIC")
    parts = conninfo_to_dict(private_postgres.url)
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "PORT": "port"}
    for name, part in names.items():
        monkeypatch.setitem(connections.settings["default"], name, str(parts[part]))

    def refuse(code: str) -> None:
        with as_superuser(private_postgres, home) as database:
            database.execute(
                "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS"
                f" $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}'; END $$"
            )
            database.execute(
                "CREATE EVENT TRIGGER refuse ON ddl_command_start EXECUTE FUNCTION refuse()"
            )

    return refuse


@pytest.mark.parametrize(("code", "said"), [("53100", "its disk is full"), ("25006", "read-only")])
def test_a_postgres_that_cannot_write_says_so(failing_writes, code, said):
    assert ask() == (200, ill())
    failing_writes(code)

    assert ask() == (503, ill(database=said))
