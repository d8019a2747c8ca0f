"""The whole site as processes on this test process's database: simulator, web and workers."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import httpx2

from agentsite.local.children import spawn
from agentsite.local.ports import free_port
from tests.forkserver.client import ADDRESS, Forked, Process

LEASE_S = 2
# For plain HTTP: it reads no certificates, which takes 40 ms, and keeps no connection open.
HTTP = httpx2.Client(
    verify=False, trust_env=False, limits=httpx2.Limits(max_keepalive_connections=0)
)
T = TypeVar("T")


def wait_for(read: Callable[[], T], *, seconds: float = 240, every: float = 0.05) -> T:
    """Read until the answer is true; fail loudly when it isn't in time."""
    deadline = time.monotonic() + seconds
    while not (answer := read()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {read}"
        time.sleep(every)
    return answer


class Stack:
    """Starts processes, remembers them, and ends those that it started."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.folder = folder
        self.simulator_url = f"http://127.0.0.1:{free_port()}"
        self.web_url = f"http://127.0.0.1:{free_port()}"
        self.env = {
            # Tests make the provider fail, and what one did must not stop the next one's runs.
            "BREAKER_FAILURES": "1000",
            "WORKER_LEASE_S": str(LEASE_S),
            "WORKER_GRACE_S": "1",
            # A provider on a busy machine hasn't fallen silent.
            "PROVIDER_TIMEOUT_S": "60",
            **env,
            "SIMULATOR_URL": f"{self.simulator_url}/v1",
        }
        self.children: list[Process] = []
        self.workers: list[Process] = []
        self.simulator: Process
        self.shared_worker: Process | None = None
        self.web: Process | None = None

    def start(self, name: str, *arguments: str, **env: str) -> Process:
        """Start `python -m …`; its output goes to a log file."""
        return self._start(name, arguments, env)

    def _start(
        self, name: str, arguments: tuple[str, ...], env: dict[str, str], cwd: Path | None = None
    ) -> Process:
        log, env = self.folder / f"{name}.log", {**self.env, **env}
        same_code = cwd is None and env.get("PYTHONPATH") == os.environ.get("PYTHONPATH")
        child: Process
        if same_code and ADDRESS in os.environ:
            module, *rest = arguments
            child = Forked(module, rest, log=log, env=env)
        else:
            with log.open("ab") as output:
                command = [sys.executable, "-m", *arguments]
                child = spawn(command, output=output, cwd=cwd, env=env)
        self.children.append(child)
        return child

    def start_simulator(self, *, tokens_per_s: int = 0) -> Process:
        """The provider, by default as fast as it can be; tasks slow it down by directives."""
        port = str(urlsplit(self.simulator_url).port)
        pace = ("--first-token-s", "0", "--tokens-per-s", str(tokens_per_s))
        self.simulator = self.start(
            "simulator", "agentsite.simulator", "--show-ledger", "--port", port, *pace
        )
        return self.simulator

    def start_web(self) -> Process:
        """The web process."""
        port = str(urlsplit(self.web_url).port)
        self.web = self.start("web", "agentsite.server", "-p", port, "agentsite.asgi:application")
        return self.web

    def start_worker(self, name: str = "worker", level: str = "WARNING", **env: str) -> Process:
        """A worker process of Celery, with its own option for what it logs."""
        return self._start_worker(name, env, level=level)

    def start_worker_of(self, checkout: Path, name: str) -> Process:
        """A worker process of another release."""
        return self._start_worker(name, {}, checkout)

    def _start_worker(
        self, name: str, env: dict[str, str], cwd: Path | None = None, level: str = "WARNING"
    ) -> Process:
        self.workers.append(self._start(name, _worker(name, level), env, cwd))
        return self.workers[-1]

    def stop(self, child: Process) -> int:
        """SIGTERM, as a deployment does; the exit code. Raises `subprocess.TimeoutExpired`."""
        child.send_signal(signal.SIGTERM)
        return child.wait(60)

    def end_workers(self) -> None:
        """Kill the workers that are left, of which a test that failed may leave some."""
        for worker in self.workers:
            if worker.poll() is None:
                kill_now(worker)
        self.workers.clear()
        self.shared_worker = None

    def close(self) -> None:
        """End everything that is left."""
        for child in reversed(self.children):
            if child.poll() is None:
                kill_now(child)

    def wait_for_http(self, url: str) -> None:
        """Wait until something answers."""

        def answers() -> bool:
            try:
                return HTTP.get(url, timeout=10).status_code < 500
            except httpx2.HTTPError:
                return False

        wait_for(answers)

    def provider_ledger(self, match: str) -> list[dict[str, Any]]:
        """What the provider says it billed for the tasks that contain this text."""
        query = urlencode({"match": match})
        answer = HTTP.get(f"{self.simulator_url}/sim/ledger?{query}")
        entries = answer.raise_for_status().json()
        return list(entries["data"] if isinstance(entries, dict) else entries)

    def provider_answers(self, match: str) -> int:
        """How many calls of such tasks the provider answers just now."""
        query = urlencode({"match": match})
        answer = HTTP.get(f"{self.simulator_url}/sim/under-way?{query}")
        return int(answer.raise_for_status().json()["calls"])

    def logs(self) -> str:
        """All output so far, for a failed test's report."""
        return "\n".join(
            f"== {path.name}\n{path.read_text(errors='replace')[-4000:]}"
            for path in sorted(self.folder.glob("*.log"))
        )


def _worker(name: str, level: str) -> tuple[str, ...]:
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    return ("celery", "-A", "agentsite", "worker", "-n", f"{name}@%h", "-l", level, *quiet)


def kill_now(child: Process) -> None:
    """kill -9."""
    child.kill()
    child.wait(60)


def freeze(child: Process) -> None:
    """SIGSTOP: alive, but hung."""
    os.kill(child.pid, signal.SIGSTOP)


def thaw(child: Process) -> None:
    """SIGCONT."""
    os.kill(child.pid, signal.SIGCONT)


@contextmanager
def standing_still(child: Process) -> Iterator[None]:
    """Meanwhile it does nothing, and what it is asked waits."""
    freeze(child)
    try:
        yield
    finally:
        thaw(child)
