"""Postgres or Redis goes away while runs are under way, on servers of this test's own."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from redis import Redis
from websockets.exceptions import ConnectionClosed

from agentsite.local.postgres import EmbeddedPostgres
from agentsite.local.redis import EmbeddedRedis
from tests.flows.live import Viewer
from tests.stack import LEASE_S, Stack, wait_for

TASK = "Describe a lighthouse."


class Site:
    """A stack on its own servers, used as a script uses it: over HTTP."""

    def __init__(self, stack: Stack, postgres: EmbeddedPostgres, redis: EmbeddedRedis) -> None:
        self.stack = stack
        self.postgres = postgres
        self.redis = redis
        self.manage("migrate", "-v", "0")
        create = "from accounts.models import User; User.objects.create_user('o@example.org', 'x')"
        self.manage("shell", "-v", "0", "-c", create)
        output = self.manage("create_token", "--user", "o@example.org", "--name", "flow")
        self.key = output.split()[-1]
        self.api = httpx2.Client(
            base_url=stack.web_url, headers={"Authorization": f"Token {self.key}"}, timeout=20
        )

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
        stack.start_worker()
        stack.wait_for_http(f"{stack.web_url}/healthz")
        yield site
    finally:
        stack.close()


def test_postgres_away_for_longer_than_a_lease_loses_and_rebuys_nothing(site: Site) -> None:
    site.stack.start_worker("other")
    run = site.submit(f"{TASK} [sim: chunks=60 rate=20]")
    wait_for(lambda: site.stack.provider_ledger(run["task"]) or _running(site, run))
    time.sleep(0.5)
    site.postgres.kill()
    time.sleep(LEASE_S * 2.5)
    site.postgres.start()
    run = site.ended(run)
    assert (run["status"], run["attempt"]) == ("succeeded", 1)
    (billed,) = site.stack.provider_ledger(run["task"])
    assert billed["completion_tokens"] == run["usage"]["output_tokens"]
    assert run["in_doubt_usd"] == "0"
    assert "agree" in site.manage("audit_ledger")


def test_without_postgres_pages_and_sockets_say_when_to_come_back(site: Site) -> None:
    run = site.submit(TASK)
    site.postgres.stop()
    asked = time.monotonic()
    viewer = Viewer(site.stack.web_url, run["id"], site.key)
    with viewer, pytest.raises(ConnectionClosed) as closed:
        viewer.receive()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4503
    assert time.monotonic() - asked < 5
    page = site.api.get("/", headers={"Cookie": "sessionid=anything"})
    assert (page.status_code, page.headers["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert int(page.headers["Retry-After"]) > 0


def test_redis_down_delays_nothing_but_the_live_view(site: Site) -> None:
    before = site.ended(site.submit(TASK))
    site.redis.stop()
    asked = time.monotonic()
    run = site.submit(f"{TASK} [sim: chunks=60 rate=30]")
    assert time.monotonic() - asked < 1
    with Viewer(site.stack.web_url, run["id"], site.key) as viewer:
        viewer.until("step.started")
        site.redis.start()
        events = viewer.to_the_end()
    assert site.ended(run)["status"] == before["status"] == "succeeded"
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))


def test_emptying_redis_makes_no_gap(site: Site) -> None:
    run = site.submit(f"{TASK} [sim: chunks=150 rate=30]")
    with Viewer(site.stack.web_url, run["id"], site.key) as viewer:
        viewer.until("text.delta", "text.snapshot")
        Redis.from_url(site.redis.url).flushall()
        with Viewer(site.stack.web_url, run["id"], site.key) as late:
            assert late.to_the_end() == viewer.to_the_end()
        assert (viewer.holes, late.holes) == (0, 0)
    ((_, text),) = viewer.texts.items()
    assert site.ended(run)["answer"] == text.strip()


def _running(site: Site, run: dict[str, Any]) -> bool:
    return bool(site.api.get(f"/api/v1/runs/{run['id']}/").json()["status"] == "running")
