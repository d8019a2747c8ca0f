"""The site as processes on the benchmarks' servers: web, and a worker with the simulator."""

import subprocess
import sys
from types import TracebackType
from typing import Self
from uuid import uuid4

from agentsite.env import Env
from agentsite.local.children import Child
from agentsite.local.ports import LOOPBACK, free_port
from agentsite.local.programs import web, workers
from bench.measure import ROOT
from bench.servers import Servers, wait_for_http

TIMEOUT_S = 240
# Production's settings redirect what nginx has not received over TLS.
AS_NGINX = {"X-Forwarded-Proto": "https"}


class Site:
    """A running site, and `headers` with the key of a user of its own."""

    def __init__(self, servers: Servers, **env: str) -> None:
        """`env` is what its processes have besides the servers' environment."""
        self._servers = servers
        # All viewers are one user's.
        self._more = {"USER_LIVE_CONNECTIONS": "100000"} | env
        self.processes: list[Child] = []
        self._env = Env(_env_file=None, host=LOOPBACK, port=free_port(), log_level="WARNING")  # type: ignore[call-arg]
        self.address = f"{LOOPBACK}:{self._env.port}"

    def __enter__(self) -> Self:
        """Start the web process, as `make up` does, with all that pages need."""
        self._manage("collectstatic", "--noinput", "-v", "0")
        self.headers = AS_NGINX | {"Authorization": f"Token {self._new_key()}"}
        self.processes = [self._servers.spawn("web", *web(self._env).arguments, **self._more)]
        wait_for_http(f"http://{self.address}/healthz")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._servers.stop_children()

    @property
    def pid(self) -> int:
        """The process of daphne."""
        return self.processes[0].pid

    def start_worker(self) -> None:
        """One worker, as `make up` starts it, and the simulator without any delay."""
        port = str(free_port())
        pace = ("--first-token-s", "0", "--tokens-per-s", "0")
        self._servers.spawn(
            "simulator", "-m", "agentsite.simulator", "--show-ledger", "--port", port, *pace
        )
        url = f"http://{LOOPBACK}:{port}/v1"
        wait_for_http(f"{url}/models")
        self.start_worker_alone(SIMULATOR_URL=url)

    def start_worker_alone(self, **env: str) -> None:
        """One worker, whose provider is another one's."""
        program = next(workers(self._env))
        environment = {**program.environment, **self._more, **env}
        self.processes.append(self._servers.spawn("worker", *program.arguments, **environment))

    def new_session(self) -> str:
        """The key of a session of another user, who has no runs."""
        lines = (
            "from accounts.models import User",
            "from django.test import Client",
            f"user = User.objects.create_user('{uuid4().hex}@example.org')",
            "client = Client(); client.force_login(user)",
            "print(client.session.session_key)",
        )
        return self._manage("shell", "--verbosity", "0", "--command", "; ".join(lines)).split()[-1]

    def _new_key(self) -> str:
        email = f"{uuid4().hex}@example.org"
        self._manage("createsuperuser", "--noinput", "--email", email)
        return self._manage("create_token", "--user", email, "--name", "bench").split()[-1]

    def _manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**self._servers.env, "DJANGO_SUPERUSER_PASSWORD": uuid4().hex},
            stdout=subprocess.PIPE,
            text=True,
            timeout=TIMEOUT_S,
            check=True,
        )
        return done.stdout
