"""A stack on servers of its own, which a test may stop, kill or make refuse."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from agentsite.local.postgres import EmbeddedPostgres
from agentsite.local.redis import EmbeddedRedis
from tests.forkserver.client import Process
from tests.once import made_once, shared_folder
from tests.servers import copied_postgres, postgres_in
from tests.stack import Stack, wait_for

# Longer than what a busy machine takes to find its servers again.
LEASE_S = 6
PREPARE = """
from django.core.management import call_command
from accounts.models import ApiToken, User
call_command("migrate", verbosity=0)
user = User.objects.create_user("o@example.org", "x")
print(ApiToken.objects.issue(user=user, name="flow")[1])
"""


class Site:
    """A stack on its own servers, used as a script uses it: over HTTP."""

    def __init__(
        self, stack: Stack, postgres: EmbeddedPostgres, redis: EmbeddedRedis, key: str
    ) -> None:
        self.stack = stack
        self.postgres = postgres
        self.redis = redis
        self.worker: Process
        self.key = key
        self.api = httpx2.Client(
            base_url=stack.web_url,
            headers={"Authorization": f"Token {key}"},
            timeout=60,
            verify=False,
        )

    @property
    def folder(self) -> Path:
        """Where the servers' data and the logs are."""
        return self.stack.folder

    def manage(self, *arguments: str) -> str:
        """Run a management command on this site."""
        return manage(self.stack.env, *arguments)

    def submit(self, task: str) -> dict[str, Any]:
        """Submit a task with a unique text."""
        answer = self.api.post(
            "/api/v1/runs/", json={"task": f"{task} ({uuid4().hex})", "tools": []}
        )
        assert answer.status_code == 202, answer.text
        run: dict[str, Any] = answer.json()
        return run

    def ended(self, run: dict[str, Any]) -> dict[str, Any]:
        """Wait for a run's end."""

        def read() -> dict[str, Any] | None:
            answer = self.api.get(f"/api/v1/runs/{run['id']}/")
            body: dict[str, Any] = answer.json()
            return body if body.get("finished_at") else None

        return wait_for(read, every=0.2) or {}


def manage(env: dict[str, str], *arguments: str) -> str:
    """Run a management command."""
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, env=env, check=True, capture_output=True, text=True, timeout=200
    ).stdout


@dataclass(frozen=True, slots=True)
class Prepared:
    """A stopped Postgres with a migrated database and a user, to be copied; the user's API key."""

    folder: Path
    key: str


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = shared_folder(tmp_path_factory) / "prepared"
    return Prepared(folder, made_once(folder, _prepare))


def _prepare(folder: Path) -> str:
    """Make the server and stop it; returns the key."""
    server = postgres_in(folder)
    server.start()
    try:
        env = {**os.environ, "DATABASE_URL": server.url}
        return manage(env, "shell", "-v", "0", "-c", PREPARE).split()[-1]
    finally:
        server.stop()


@pytest.fixture
def own_postgres(prepared: Prepared, tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A copy of the prepared one, which the test may stop, start and kill."""
    server = copied_postgres(prepared.folder, tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def site(
    own_postgres: EmbeddedPostgres,
    private_redis: EmbeddedRedis,
    prepared: Prepared,
    tmp_path: Path,
) -> Iterator[Site]:
    env = {
        **os.environ,
        "DATABASE_URL": own_postgres.url,
        "REDIS_URL": private_redis.url,
        "REDIS_PREFIX": "outage",
        "WORKER_LEASE_S": str(LEASE_S),
    }
    stack = Stack(tmp_path, env)
    try:
        stack.start_simulator()
        site = Site(stack, own_postgres, private_redis, prepared.key)
        stack.start_web()
        site.worker = stack.start_worker()
        stack.wait_for_http(f"{stack.web_url}/healthz")
        yield site
    finally:
        stack.close()


def is_running(site: Site, run: dict[str, Any]) -> bool:
    """True once a worker executes the run."""
    return bool(site.api.get(f"/api/v1/runs/{run['id']}/").json()["status"] == "running")
