"""The site as processes on a private pair of servers, each of which may be killed by itself."""

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import httpx2
from redis import Redis

from agentsite.local.children import Child, kill, stop
from agentsite.local.ports import LOOPBACK, free_port
from bench.chaos.plan import CACHED_PRICE, INPUT_PRICE, MODEL, OUTPUT_PRICE, Limit
from bench.measure import ROOT, measure
from bench.servers import Servers, wait_for_http
from bench.site import AS_NGINX

WORKERS = 2
LEASE_S = 4.0
STOP_S = 8.0
MANAGE_TIMEOUT_S = 240
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat")


class Site:
    """Simulator, web and workers; `keys` are the users' API keys."""

    def __init__(self, servers: Servers) -> None:
        self.servers = servers
        self.address = f"{LOOPBACK}:{free_port()}"
        self.provider = f"{LOOPBACK}:{free_port()}"
        self.keys: dict[str, str] = {}
        self._web: Child
        self.workers: list[Child] = []
        price = {"input": INPUT_PRICE, "cached_input": CACHED_PRICE, "output": OUTPUT_PRICE}
        servers.env |= {
            "SIMULATOR_URL": f"http://{self.provider}/v1",
            "OPENAI_MODELS": MODEL,
            "MODEL_PRICES": json.dumps({MODEL: price}),
            "WORKER_LEASE_S": f"{LEASE_S:g}",
            "WORKER_GRACE_S": "1",
            "PROVIDER_TIMEOUT_S": "3",
        }

    def __enter__(self) -> Self:
        """Start all of it. The simulator is the witness, and nothing kills it."""
        port = self.provider.split(":")[1]
        pace = ("--first-token-s", "0.1", "--tokens-per-s", "0", "--model", MODEL)
        self.servers.spawn(
            "simulator", "-m", "agentsite.simulator", "--show-ledger", "--port", port, *pace
        )
        self.start_web()
        self.workers = [self._new_worker(number) for number in range(WORKERS)]
        wait_for_http(f"http://{self.provider}/v1/models")
        wait_for_http(f"http://{self.address}/healthz")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.servers.stop_children()

    def prepare(
        self, users: Sequence[str], limits: Sequence[tuple[Limit, str]], password: str | None = None
    ) -> None:
        """Make the users, their keys and the budgets, each with its limit in US dollars.

        With a password they can sign in.
        """
        budgets = [limit._asdict() | {"limit_usd": usd} for limit, usd in limits]
        wanted = json.dumps({"users": users, "limits": budgets, "password": password})
        made = measure("spenders", wanted, env=self.servers.env)
        self.keys = {name: str(key) for name, key in made.items()}

    def headers(self, user: str) -> dict[str, str]:
        """What a request of this user carries."""
        return AS_NGINX | {"Authorization": f"Token {self.keys[user]}"}

    def start_web(self) -> None:
        """The web process, on the same port each time."""
        port = self.address.split(":")[1]
        program = ("-m", "agentsite.server", "-p", port, "agentsite.asgi:application")
        self._web = self.servers.spawn("web", *program)

    def kill_web(self) -> None:
        """kill -9, and start it again."""
        kill(self._web)
        self.start_web()

    def stop_web(self) -> None:
        """SIGTERM, and start it again."""
        stop(self._web, (signal.SIGTERM, STOP_S))
        self.start_web()

    def worker(self, which: int) -> Child:
        """One of the workers."""
        return self.workers[which % WORKERS]

    def kill_worker(self, which: int) -> None:
        """kill -9, and start another in its place."""
        kill(self.worker(which))
        self.workers[which % WORKERS] = self._new_worker(which % WORKERS)

    def stop_worker(self, which: int) -> None:
        """SIGTERM, as a deployment does, and start another in its place."""
        stop(self.worker(which), (signal.SIGTERM, STOP_S))
        self.workers[which % WORKERS] = self._new_worker(which % WORKERS)

    def empty_redis(self) -> None:
        """Forget everything in Redis."""
        with Redis.from_url(self.servers.redis.url) as client:
            client.flushall()

    def billed(self) -> list[dict[str, object]]:
        """The provider's ledger."""
        answer = httpx2.get(f"http://{self.provider}/sim/ledger", timeout=60)
        rows: list[dict[str, object]] = answer.raise_for_status().json()
        return rows

    def audit(self) -> list[str]:
        """What the site's own audit finds; empty when the books are right."""
        done = subprocess.run(
            [sys.executable, "manage.py", "audit_ledger"],
            cwd=ROOT,
            env=self.servers.env,
            capture_output=True,
            text=True,
            timeout=MANAGE_TIMEOUT_S,
            check=False,
        )
        return [] if done.returncode == 0 else done.stderr.strip().splitlines()

    def _new_worker(self, number: int) -> Child:
        name = f"worker{number}"
        worker = ("-m", "celery", "-A", "agentsite", "worker", "-n", f"{name}@%h", "-l", "WARNING")
        return self.servers.spawn(name, *worker, *QUIET)
