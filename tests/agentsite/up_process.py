"""A real `manage.py up` in a folder of its own."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from agentsite.env import ROOT, SERVERS_FILE
from agentsite.local.ports import free_port
from agentsite.local.temporary import without_ours

READY = "agentsite is ready"
START_S = 200


class Up:
    """Starts the site, collects its lines, and ends it."""

    def __init__(self, data_dir: Path, **variables: str) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.lines: list[str] = []
        environment = without_ours(dict(os.environ))
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        given = {"DATA_DIR": str(data_dir), "PORT": str(self.port), "ENV_FILE": ""} | variables
        self._environment = environment | given
        self._process: subprocess.Popen[str]
        self._reader: threading.Thread

    def start(self) -> None:
        """Start it, and wait for nothing."""
        self.lines = []
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()

    def wait_for(self, text: str) -> str:
        """The first line with this text; fails with all lines when it doesn't come."""
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            for line in list(self.lines):
                if text in line:
                    return line
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"no {text!r} in:\n" + "\n".join(self.lines))

    def end(self, number: signal.Signals) -> int:
        """Send a signal and return the exit code."""
        self._process.send_signal(number)
        return self._process.wait(START_S)

    def wait(self) -> int:
        """Wait until it ends by itself."""
        code = self._process.wait(START_S)
        self._reader.join()
        return code

    def kill_if_running(self) -> None:
        """End it, whatever a test left."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def children(self) -> dict[int, str]:
        """The command line of each process that it started."""
        listed = subprocess.run(
            ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(self._process.pid)],
            capture_output=True,
            text=True,
            check=False,
        )
        pairs = (line.split(None, 1) for line in listed.stdout.splitlines())
        return {int(pid): command for pid, command in pairs}

    def child(self, text: str) -> int:
        """The process whose command line has this text."""
        return next(pid for pid, command in self.children().items() if text in command)

    def servers(self) -> dict[str, str]:
        """What manage.py commands would read."""
        found: dict[str, str] = json.loads((self.data_dir / SERVERS_FILE).read_text())
        return found

    def is_alive(self) -> bool:
        """True when the site answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=10):
                return True
        except OSError:
            return False

    def status_for_host(self, host: str) -> int:
        """The status of the sign-in page when a request claims this host name."""
        address = f"http://127.0.0.1:{self.port}/accounts/login/"
        try:
            with urllib.request.urlopen(
                urllib.request.Request(address, headers={"Host": host}), timeout=60
            ) as answer:
                status: int = answer.status
        except urllib.error.HTTPError as error:
            status = error.code
        return status

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout
        for line in process.stdout:
            self.lines.append(line.rstrip("\n"))
