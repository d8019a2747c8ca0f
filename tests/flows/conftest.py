"""People, runs and their ends, on a running site."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from accounts.models import ApiToken, User
from billing.selectors.audit import ledger_differences
from runs.models import Run
from runs.states import TERMINAL
from tests.stack import wait_for
from tests.stack_fixtures import live_database, no_worker, stack, worker

__all__ = ["live_database", "no_worker", "stack", "worker"]


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
