"""A running site for the flows. Its database is never emptied: each test makes its own people."""

import os
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.db import connection
from django.db.backends.base.creation import TEST_DATABASE_PREFIX
from django.test.utils import setup_databases
from rest_framework.test import APIClient

from accounts.models import ApiToken, User
from billing.selectors.audit import ledger_differences
from runs.models import Run
from runs.states import TERMINAL
from tests.flows.stack import Child, Stack, wait_for


@pytest.fixture(scope="session")
def live_database(django_db_setup: None, django_db_blocker) -> Iterator[dict[str, str]]:
    """Database access without rollback, and the environment of processes that share it."""
    with django_db_blocker.unblock():
        if not connection.settings_dict["NAME"].startswith(TEST_DATABASE_PREFIX):
            # pytest-django makes the database only where a test of the session is marked for it.
            setup_databases(verbosity=0, interactive=False, aliases={"default"})
        address = urlsplit(os.environ["DATABASE_URL"])
        name = connection.settings_dict["NAME"]
        yield {**os.environ, "DATABASE_URL": address._replace(path=f"/{name}").geturl()}
        connection.close()


@pytest.fixture(scope="session")
def stack(
    live_database: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """Simulator and web; tests start the workers that they kill."""
    stack = Stack(tmp_path_factory.mktemp("stack"), live_database)
    stack.start_simulator()
    stack.start_web()
    stack.wait_for_http(f"{stack.simulator_url}/v1/models")
    stack.wait_for_http(f"{stack.web_url}/healthz")
    yield stack
    stack.close()


@pytest.fixture(scope="session")
def _shared_worker(stack: Stack) -> Child:
    return stack.start_worker("shared")


@pytest.fixture
def worker(_shared_worker: Child) -> Child:
    """A worker that the test leaves alone."""
    assert _shared_worker.poll() is None, "an earlier test's worker has died"
    return _shared_worker


@pytest.fixture
def owner(live_database: dict[str, str]) -> User:
    """Someone of this test's own."""
    return User.objects.create_user(f"{uuid4().hex}@example.org", "a-long-enough-password-7")


@pytest.fixture
def key(owner: User) -> str:
    """An API key of the owner."""
    return ApiToken.objects.issue(user=owner, name="flow")[1]


@pytest.fixture
def api(key: str) -> APIClient:
    """The owner's API client."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    return client


@pytest.fixture
def submit(api: APIClient) -> Callable[..., Run]:
    """Submit a task whose text is unique, so that the provider's ledger can be asked for it."""

    def submit(task: str, **body: object) -> Run:
        answer = api.post(
            "/api/v1/runs/", {"task": f"{task} ({uuid4().hex})", **body}, format="json"
        )
        assert answer.status_code == 202, answer.content
        return Run.objects.get(pk=answer.json()["id"])

    return submit


@pytest.fixture
def ended() -> Callable[..., Run]:
    """Wait for a run's end."""

    def ended(run: Run, seconds: float = 30) -> Run:
        def read() -> bool:
            run.refresh_from_db()
            return run.status in TERMINAL

        wait_for(read, seconds=seconds)
        return run

    return ended


@pytest.fixture(autouse=True)
def _books_agree(live_database: dict[str, str]) -> Iterator[None]:
    """After each flow, run costs, ledger and rollups agree to the last digit."""
    yield
    assert ledger_differences() == []
