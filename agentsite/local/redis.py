"""An embedded Redis: the system's, a wheel's, or a pure Python stand-in; its data in our folder."""

import secrets
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import redis

from agentsite.local import children
from agentsite.local.binaries import find_redis
from agentsite.local.errors import StartError
from agentsite.local.logs import open_log, reason
from agentsite.local.orphans import end_orphans
from agentsite.local.placing import Say
from agentsite.local.ports import LOOPBACK, free_port

START_TIMEOUT_S = 20
POLL_S = 0.05
SHUTDOWN = ((signal.SIGTERM, 4.0),)
ATTEMPTS = 3
UNREADABLE = ("RDB format", "append only file", "AOF", "loading the DB", "Wrong signature")
STAND_IN = "agentsite.local.stand_in_redis"


class EmbeddedRedis:
    """One server on a loopback port, with its data in `directory`.

    The port and the password stay the same for the life of this object. What Redis holds may be
    lost without harm, so data that it can't read is put aside, and it starts empty.
    """

    def __init__(self, directory: Path, *, log: Path, say: Say) -> None:
        self._directory = directory.absolute()
        self._pid_file = self._directory / "redis.pid"
        self._log = log
        self._say = say
        self._password = secrets.token_hex(24)
        self.port = free_port()
        self.child: children.Child

    @property
    def url(self) -> str:
        """Address with password and database number."""
        credentials = f":{self._password}@" if self._password else ""
        return f"redis://{credentials}{LOOPBACK}:{self.port}/0"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (program := find_redis()) is None:
            self._start_stand_in()
        else:
            self._start_server(program)

    def stop(self) -> None:
        """Shut down; the data is on disk."""
        children.stop(self.child, *SHUTDOWN)

    def kill(self) -> None:
        """End the server as a crash would."""
        children.kill(self.child)

    def _start_server(self, program: Path) -> None:
        if end_orphans(self._directory, "redis-server", self._pid_file, *SHUTDOWN):
            self._say("Stopped the Redis that an earlier start had left running")
        for _ in range(ATTEMPTS):
            self._launch(program)
            if self._answers():
                return
            said = self._log.read_text(errors="replace")
            if "in use" in said:
                self.port = free_port()
            elif any(phrase in said for phrase in UNREADABLE):
                self._put_data_aside()
            else:
                break
        raise StartError(f"Redis did not start: {reason(said)}")

    def _launch(self, program: Path) -> None:
        """Start the server; its configuration goes through a pipe, since it has the password."""
        with open_log(self._log) as log:
            self.child = children.spawn(
                [program, "-"], output=log, death_signal=signal.SIGTERM, stdin=subprocess.PIPE
            )
        if self.child.stdin:
            self.child.stdin.write(self._configuration().encode())
            self.child.stdin.close()

    def _configuration(self) -> str:
        settings = {
            "port": str(self.port),
            "bind": LOOPBACK,
            "requirepass": self._password,
            "dir": str(self._directory),
            "pidfile": str(self._pid_file),
            "appendonly": "yes",
            "save": "",
        }
        return "".join(f"{name} {_quoted(value)}\n" for name, value in settings.items())

    def _answers(self) -> bool:
        """Wait until the server answers; False when it has ended."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self.child.poll() is not None:
                return False
            try:
                with redis.Redis.from_url(self.url, socket_timeout=1) as client:
                    client.ping()
            except (redis.ConnectionError, redis.TimeoutError, OSError):
                time.sleep(POLL_S)
            else:
                return True
        self.kill()
        raise StartError(f"Redis did not answer in {START_TIMEOUT_S} s; see {self._log}")

    def _put_data_aside(self) -> None:
        aside = self._directory.with_suffix(".unreadable")
        shutil.rmtree(aside, ignore_errors=True)
        self._directory.rename(aside)
        self._directory.mkdir(mode=0o700)
        self._say(f"Redis could not read its data, and starts empty; the old data is in {aside}")

    def _start_stand_in(self) -> None:
        self._say("No redis-server found: using a slow stand-in in Python that forgets at the end")
        with open_log(self._log) as log:
            argv = [sys.executable, "-m", STAND_IN, str(self.port)]
            self.child = children.spawn(argv, output=log)
        self._password = ""
        if not self._answers():
            raise StartError(f"the Redis stand-in did not start: {reason(self._log.read_text())}")


def _quoted(value: str) -> str:
    """A value as redis.conf takes it."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
