"""Fixtures of a running site and its people: `conftest.py` of flows and browser tests imports them.

The database is never emptied: each test makes its own people.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.db import connection

from accounts.models import ApiToken, User
from runs.models import Run, Worker
from runs.states import TERMINAL
from tests.databases import live_name, on_live_database
from tests.factories import PASSWORD
from tests.forkserver.client import Process
from tests.stack import Stack, wait_for


@pytest.fixture(scope="session")
def live_env(django_db_setup: None) -> dict[str, str]:
    """The environment of a site's processes, whose database is not that of the other tests."""
    address = urlsplit(os.environ["DATABASE_URL"])
    name = live_name(connection.settings_dict["NAME"])
    return {**os.environ, "DATABASE_URL": address._replace(path=f"/{name}").geturl()}


@pytest.fixture
def live_database(live_env: dict[str, str], django_db_blocker: Any) -> Iterator[dict[str, str]]:
    """The site's database, without rollback, and the environment of processes that share it."""
    with django_db_blocker.unblock(), on_live_database():
        yield live_env


@pytest.fixture(scope="session")
def stack(live_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Simulator and web; tests start the workers that they kill."""
    stack = Stack(tmp_path_factory.mktemp("stack"), live_env)
    stack.start_simulator()
    stack.start_web()
    stack.wait_for_http(f"{stack.simulator_url}/v1/models")
    stack.wait_for_http(f"{stack.web_url}/healthz")
    yield stack
    stack.close()


@pytest.fixture
def worker(stack: Stack) -> Process:
    """A worker that tests share and leave alone."""
    if stack.shared_worker is None:
        known = set(Worker.objects.values_list("pk", flat=True))
        stack.shared_worker = stack.start_worker("shared")
        wait_for(Worker.objects.exclude(pk__in=known).exists)
    assert stack.shared_worker.poll() is None, "an earlier test's worker has died"
    return stack.shared_worker


@pytest.fixture
def no_worker(stack: Stack) -> Iterator[None]:
    """No worker yet: the test starts its own, and they end with it."""
    if stack.shared_worker is not None:
        stack.stop(stack.shared_worker)
    stack.end_workers()
    yield
    stack.end_workers()


@pytest.fixture
def owner(live_database: dict[str, str]) -> User:
    """Someone of this test's own."""
    return User.objects.create_user(f"{uuid4().hex}@example.org", PASSWORD)


@pytest.fixture
def key(owner: User) -> str:
    """An API key of the owner."""
    return ApiToken.objects.issue(user=owner, name="flow")[1]


@pytest.fixture
def ended() -> Callable[..., Run]:
    """Wait for a run's end."""

    def ended(run: Run) -> Run:
        def read() -> bool:
            run.refresh_from_db()
            return run.status in TERMINAL

        wait_for(read)
        return run

    return ended


@pytest.fixture(autouse=True)
def every_flow(live_database: dict[str, str], books_agree: None) -> None:
    """Each flow is on the site's database, and leaves books that agree."""
