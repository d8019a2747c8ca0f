"""Fixtures that every test may use: three people with fixed roles, and private servers."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import hypothesis
import pytest
from django.db import connection
from django.test import Client, TransactionTestCase
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import ApiToken, User
from agentsite.local.ports import free_port
from agentsite.local.postgres import EmbeddedPostgres
from agentsite.local.redis import EmbeddedRedis
from billing.selectors.audit import ledger_differences
from tests.databases import add_live_database, copy_migrated_database
from tests.emptying import empty_database
from tests.factories import PASSWORD
from tests.once import made_once, shared_folder
from tests.rate_limits import forget_counts
from tests.servers import copied_postgres, postgres_in
from tests.simulator.process import Process

# How long an example takes says something of the machine only.
hypothesis.settings.register_profile(
    "tests", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("tests")


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Leave the test databases alone at the end: their whole server goes then."""
    return True


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, django_db_blocker: Any
) -> None:
    """The test database is there, and migrated, before pytest-django would make it."""
    with django_db_blocker.unblock():
        copy_migrated_database()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Beside the test database there is one for the sites that tests start."""
    TransactionTestCase._fixture_teardown = lambda self: empty_database()  # type: ignore[attr-defined]
    with django_db_blocker.unblock():
        add_live_database()


@pytest.fixture(autouse=True)
def own_counts() -> None:
    """Rate limits count what this test asks, and nothing of the tests before it."""
    forget_counts()


@pytest.fixture
def alice(db: None) -> User:
    """The owner of what a test is about."""
    return User.objects.create_user("alice@example.org", PASSWORD, name="Alice")


@pytest.fixture
def bob(db: None) -> User:
    """Someone else, who must see none of it."""
    return User.objects.create_user("bob@example.org", PASSWORD, name="Bob")


@pytest.fixture
def staff(db: None) -> User:
    """Staff, who may do everything in the admin."""
    return User.objects.create_superuser("staff@example.org", PASSWORD, name="Staff")


@pytest.fixture
def client_for() -> Callable[[User], Client]:
    """Make a browser-like client that is signed in as this user."""

    def make(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return make


@pytest.fixture
def api_for() -> Callable[..., APIClient]:
    """Make an API client with a new token of this user; `scopes` narrows what it may do."""

    def make(user: User, scopes: list[str] | None = None) -> APIClient:
        _, key = ApiToken.objects.issue(user=user, name="test", scopes=scopes)
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
        return client

    return make


@pytest.fixture
def in_background() -> Iterator[Callable[[Callable[[], Any]], None]]:
    """Run a function in a thread of its own, and fail with it."""
    with ThreadPoolExecutor(2) as pool:
        started = []

        def start(function: Callable[[], Any]) -> None:
            def closing() -> None:
                try:
                    function()
                finally:
                    connection.close()

            started.append(pool.submit(closing))

        yield start
        for future in started:
            future.result(timeout=90)


@pytest.fixture
def child_env(transactional_db: None) -> dict[str, str]:
    """The environment of a process that works on this test's database."""
    address = urlsplit(os.environ["DATABASE_URL"])
    database = connection.settings_dict["NAME"]
    return {**os.environ, "DATABASE_URL": address._replace(path=f"/{database}").geturl()}


@pytest.fixture
def books_agree() -> Iterator[None]:
    """After the test, ledger, rollups, windows and run totals agree to the last digit."""
    yield
    assert ledger_differences() == []


@pytest.fixture(scope="session")
def simulator() -> Iterator[Process]:
    """One simulator for all who only ask it; each test's task has rows of its own."""
    process = Process()
    yield process
    process.stop()


@pytest.fixture(scope="session")
def new_postgres(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a Postgres that has stopped, and whose database is empty."""
    folder = shared_folder(tmp_path_factory) / "new"
    made_once(folder, _start_and_stop)
    return folder


def _start_and_stop(folder: Path) -> str:
    server = postgres_in(folder)
    server.start()
    server.stop()
    return ""


@pytest.fixture
def private_postgres(new_postgres: Path, tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A Postgres that this test may stop, start and kill; its database is empty."""
    server = copied_postgres(new_postgres, tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def private_redis(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    """A Redis that this test may stop, start, kill and empty."""
    server = EmbeddedRedis(tmp_path / "redis", log=tmp_path / "redis.log", say=print)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_away(settings: Settings) -> None:
    """A cache whose server doesn't answer."""
    cache = {**settings.CACHES["default"], "LOCATION": f"redis://127.0.0.1:{free_port()}/0"}
    settings.CACHES = {"default": cache}
