"""A stack on servers of its own, which a test may stop, kill or make refuse."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from agentsite.local.children import Child
from agentsite.local.postgres import EmbeddedPostgres
from agentsite.local.redis import EmbeddedRedis
from tests.stack import Stack, wait_for


class Site:
    """A stack on its own servers, used as a script uses it: over HTTP."""

    def __init__(self, stack: Stack, postgres: EmbeddedPostgres, redis: EmbeddedRedis) -> None:
        self.stack = stack
        self.postgres = postgres
        self.redis = redis
        self.worker: Child
        self.manage("migrate", "-v", "0")
        create = "from accounts.models import User; User.objects.create_user('o@example.org', 'x')"
        self.manage("shell", "-v", "0", "-c", create)
        output = self.manage("create_token", "--user", "o@example.org", "--name", "flow")
        self.key = output.split()[-1]
        self.api = httpx2.Client(
            base_url=stack.web_url, headers={"Authorization": f"Token {self.key}"}, timeout=20
        )

    @property
    def folder(self) -> Path:
        """Where the servers' data and the logs are."""
        return self.stack.folder

    def manage(self, *arguments: str) -> str:
        """Run a management command on this site."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, env=self.stack.env, check=True, capture_output=True, text=True, timeout=60
        ).stdout

    def submit(self, task: str) -> dict[str, Any]:
        """Submit a task with a unique text."""
        answer = self.api.post(
            "/api/v1/runs/", json={"task": f"{task} ({uuid4().hex})", "tools": []}
        )
        assert answer.status_code == 202, answer.text
        run: dict[str, Any] = answer.json()
        return run

    def ended(self, run: dict[str, Any], seconds: float = 30) -> dict[str, Any]:
        """Wait for a run's end."""

        def read() -> dict[str, Any] | None:
            answer = self.api.get(f"/api/v1/runs/{run['id']}/")
            body: dict[str, Any] = answer.json()
            return body if body.get("finished_at") else None

        return wait_for(read, seconds=seconds, every=0.2) or {}


@pytest.fixture
def site(
    private_postgres: EmbeddedPostgres, private_redis: EmbeddedRedis, tmp_path: Path
) -> Iterator[Site]:
    env = {
        **os.environ,
        "DATABASE_URL": private_postgres.url,
        "REDIS_URL": private_redis.url,
        "REDIS_PREFIX": "outage",
    }
    stack = Stack(tmp_path, env)
    try:
        stack.start_simulator()
        site = Site(stack, private_postgres, private_redis)
        stack.start_web()
        site.worker = stack.start_worker()
        stack.wait_for_http(f"{stack.web_url}/healthz")
        yield site
    finally:
        stack.close()


def is_running(site: Site, run: dict[str, Any]) -> bool:
    """True once a worker executes the run."""
    return bool(site.api.get(f"/api/v1/runs/{run['id']}/").json()["status"] == "running")
