"""The processes behind nginx, each of which is ended and started again by its name."""

import signal
import subprocess
import sys

from agentsite.local.children import Child, kill, stop
from agentsite.local.ports import LOOPBACK, free_port
from bench.chaos.site import MANAGE_TIMEOUT_S, STOP_S, WORKERS, Site
from bench.measure import ROOT
from bench.servers import Servers, wait_for_http
from bench.topology import nginx

REPLICAS = 2
# A busy machine ends a process late; one that hangs doesn't end at all.
PATIENCE_S = 60.0


class Fleet(Site):
    """A site whose address is nginx's."""

    def __init__(self, servers: Servers) -> None:
        super().__init__(servers)
        servers.env |= {"TRUSTED_PROXY_COUNT": "1"}
        self._ports = {
            f"{kind}{number}": free_port() for kind in ("web", "live") for number in range(REPLICAS)
        }
        self._serving: dict[str, Child] = {}
        self._nginx: Child

    @property
    def names(self) -> list[str]:
        """All that can be ended."""
        return [*self._ports, *(f"worker{number}" for number in range(WORKERS))]

    @property
    def processes(self) -> dict[str, Child]:
        """The same, as they are now."""
        workers = {f"worker{number}": worker for number, worker in enumerate(self.workers)}
        return {**self._serving, **workers}

    def start_web(self) -> None:
        """nginx and what is behind it, with all that pages need."""
        collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v", "0"]
        env = self.servers.env
        subprocess.run(collect, cwd=ROOT, env=env, check=True, timeout=MANAGE_TIMEOUT_S)
        for name in self._ports:
            self._serve(name)
        kinds = {
            kind: [port for name, port in self._ports.items() if name.startswith(kind)]
            for kind in ("web", "live")
        }
        port = int(self.address.split(":")[1])
        folder = self.servers.folder / "nginx"
        self._nginx = nginx.start(nginx.write(folder, port=port, **kinds))
        for name in self._ports:
            self._wait_for(name)

    def __exit__(self, *error: object) -> None:
        super().__exit__(None, None, None)
        stop(self._nginx, (signal.SIGTERM, STOP_S))

    def replace(self, name: str, how: signal.Signals) -> None:
        """End a process, start another in its place, and wait until that one serves."""
        if name.startswith("worker"):
            number = int(name.removeprefix("worker"))
            (self.kill_worker if how == signal.SIGKILL else self.stop_worker)(number)
            return
        child = self._serving[name]
        if how == signal.SIGKILL:
            kill(child)
        elif stop(child, (how, PATIENCE_S)) != 0:
            raise ChildProcessError(f"{name} did not end well: {child.returncode}")
        self._serve(name)
        self._wait_for(name)

    def _serve(self, name: str) -> None:
        port = str(self._ports[name])
        program = ("-m", "agentsite.server", "-p", port, "agentsite.asgi:application")
        self._serving[name] = self.servers.spawn(name, *program)

    def _wait_for(self, name: str) -> None:
        wait_for_http(f"http://{LOOPBACK}:{self._ports[name]}/healthz")
