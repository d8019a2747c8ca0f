"""A private Postgres and Redis for the benchmarks, and the processes that use them."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx2

from agentsite.env import Env
from agentsite.local.children import Child, spawn, stop
from agentsite.local.ports import LOOPBACK, free_port
from agentsite.local.postgres import EmbeddedPostgres
from agentsite.local.redis import EmbeddedRedis
from agentsite.secret_files import variables_named
from bench.measure import ROOT

START_TIMEOUT_S = 240
POLL_S = 0.05
STOP_S = 10.0
UNLIMITED = "1000000/s"


def wait_for_http(url: str) -> None:
    """Wait until something answers there. Raises TimeoutError."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            httpx2.get(url, timeout=2)
        except httpx2.HTTPError:
            time.sleep(POLL_S)
        else:
            return
    raise TimeoutError(f"nothing answers at {url}")


class Servers:
    """Servers with their default durability, migrated. All ends with the `with` block.

    `env` is the environment of processes that use them: production's settings, no limits on rates.
    Their output is in `folder`.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="agentsite-bench-"))
        self._children: list[Child] = []
        self._undo = ExitStack()
        self.postgres = EmbeddedPostgres(
            self.folder / "postgres", log=self.folder / "postgres.log", say=print
        )
        self.redis = EmbeddedRedis(self.folder / "redis", log=self.folder / "redis.log", say=print)
        self.env: dict[str, str] = {}

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.callback(shutil.rmtree, self.folder, ignore_errors=True)
            self.postgres.start()
            undo.callback(self.postgres.stop)
            self.redis.start()
            undo.callback(self.redis.stop)
            self.env = self._environment()
            migrate = [sys.executable, "manage.py", "migrate", "-v", "0"]
            subprocess.run(migrate, cwd=ROOT, env=self.env, check=True, timeout=START_TIMEOUT_S)
            undo.callback(self.stop_children)
            self._undo = undo.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._undo.close()

    def spawn(self, name: str, *arguments: str, **env: str) -> Child:
        """Start a Python process that ends with the servers at the latest."""
        with (self.folder / f"{name}.log").open("ab") as log:
            child = spawn(
                [sys.executable, *arguments], output=log, cwd=ROOT, env={**self.env, **env}
            )
        self._children.append(child)
        return child

    @contextmanager
    def provider(self) -> Iterator[str]:
        """The address of a running provider."""
        port = free_port()
        url = f"http://{LOOPBACK}:{port}"
        self.spawn("provider", "-m", "bench.provider", "--port", str(port))
        wait_for_http(f"{url}/stats")
        try:
            yield url
        finally:
            self.stop_children()

    def stop_children(self) -> None:
        """End all processes that were started beside the servers."""
        while self._children:
            stop(self._children.pop(), (signal.SIGTERM, STOP_S))

    def _environment(self) -> dict[str, str]:
        """Ours, without what the caller's shell says about the site."""
        ours = variables_named(Env.model_fields) | {"DJANGO_SETTINGS_MODULE"}
        kept = {name: value for name, value in os.environ.items() if name.upper() not in ours}
        return kept | {
            "ENV_FILE": "",
            "ENVIRONMENT": "production",
            "SECRET_KEY": secrets.token_urlsafe(64),
            "ALLOWED_HOSTS": LOOPBACK,
            "LOG_LEVEL": "WARNING",
            "DATA_DIR": str(self.folder / "data"),
            "DJANGO_SETTINGS_MODULE": "agentsite.settings.production",
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.redis.url,
            "SIMULATOR_URL": "http://127.0.0.1:9/v1",
            "RESULT_CACHE_S": "0",  # each run is worked on
            "RATE_LIMIT_SUBMIT": UNLIMITED,
            "RATE_LIMIT_ADDRESS": UNLIMITED,
        }
