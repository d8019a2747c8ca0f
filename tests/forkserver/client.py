"""A process of the fork server, used as a `subprocess.Popen` is."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from tests.forkserver.numbers import receive_number

# Where the fork server listens; set by `tests.plugin`.
ADDRESS = "FORK_SERVER"
START_S = 60


class Process(Protocol):
    """A process that was started, in whatever way."""

    pid: int

    @property
    def returncode(self) -> int | None:
        """The exit code, as far as it was asked for."""

    def poll(self) -> int | None:
        """The exit code, None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once it has ended. Raises `subprocess.TimeoutExpired`."""

    def send_signal(self, sig: int) -> None:
        """Send it, unless the process has ended."""

    def kill(self) -> None:
        """SIGKILL."""


class Forked:
    """`python -m module argument …`, begun with the libraries loaded."""

    def __init__(
        self, module: str, arguments: Sequence[str], *, log: Path, env: Mapping[str, str]
    ) -> None:
        self._server = _connected()
        request = {"module": module, "arguments": arguments, "log": str(log), "env": dict(env)}
        self._server.sendall(json.dumps(request).encode() + b"\n")
        self.pid = receive_number(self._server)
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, None while it runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once it has ended. Raises `subprocess.TimeoutExpired`."""
        if self.returncode is None:
            self._server.settimeout(timeout)
            try:
                self.returncode = receive_number(self._server)
            except (BlockingIOError, TimeoutError):
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0) from None
            self._server.close()
        return self.returncode

    def send_signal(self, sig: int) -> None:
        """Send it, unless the process has ended."""
        if self.poll() is None:
            os.kill(self.pid, sig)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


def _connected() -> socket.socket:
    """A connection to the fork server, which may only just have been started."""
    deadline = time.monotonic() + START_S
    while True:
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(os.environ[ADDRESS])
        except (FileNotFoundError, ConnectionRefusedError):
            server.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return server
