"""`make up`: starts everything that the site is made of, looks after it, and ends it in order."""

import json
import os
import signal
import subprocess
import sys
import time
from types import FrameType

from agentsite.env import ROOT, Env
from agentsite.local import programs
from agentsite.local.console import Console
from agentsite.local.errors import StartError
from agentsite.local.locking import only_one
from agentsite.local.ports import LOOPBACK, free_port
from agentsite.local.preflight import require_address, require_data_dir
from agentsite.local.probe import is_alive
from agentsite.local.servers import (
    Servers,
    remove_servers_file,
    require_redis,
    write_servers_file,
)
from agentsite.local.supervised import Supervised

READY_TIMEOUT_S = 90
PREPARE_TIMEOUT_S = 300
LOOK_EVERY_S = 0.2
GIVE_UP_AFTER_DEATHS = 3


class Stopped(BaseException):
    """Someone asked for the end: Ctrl-C, SIGTERM or a closed terminal."""


class Supervisor:
    """Everything that one `make up` runs."""

    def __init__(self, env: Env, console: Console) -> None:
        self._env = env
        self._console = console
        self._servers = Servers(env, console)
        self._groups: list[list[Supervised]] = []
        self._variables = {
            "PYTHONUNBUFFERED": "1",
            "DATA_DIR": str(env.data_dir),
            "PROMETHEUS_MULTIPROC_DIR": str(programs.measures(env.data_dir)),
        }

    def run(self) -> None:
        """Start, then look after everything until a signal comes. Raises `StartError`."""
        # What is written is its owner's alone: logs and the simulator's bill have tasks in them.
        os.umask(0o077)
        require_data_dir(self._env.data_dir)
        with only_one(self._env.data_dir):
            require_address(self._env)
            if self._env.redis_url:
                require_redis(self._env.redis_url.get_secret_value())
            _on_signals(_stop)
            try:
                self._start()
                self._watch()
            except Stopped:
                self._console.say("Stopping ...")
            finally:
                _on_signals(signal.SIG_IGN)
                self._stop()
            self._console.say(f"Stopped. The data is in {self._env.data_dir}")

    def _start(self) -> None:
        addresses = self._servers.start()
        port = free_port()
        if self._env.simulated:
            addresses["SIMULATOR_URL"] = f"http://{LOOPBACK}:{port}/v1"
        self._variables |= addresses
        write_servers_file(self._env.data_dir, addresses)
        self._console.say("Preparing the database ...")
        admin = self._prepare()
        self._console.say("Starting the site ...")
        self._start_programs(port)
        self._wait_until_ready()
        self._welcome(admin)

    def _prepare(self) -> dict[str, str]:
        """Run migrations and make the first admin; returns how to sign in."""
        done = subprocess.run(
            [sys.executable, "-m", "agentsite.local.prepare"],
            cwd=ROOT,
            env={**os.environ, **self._variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PREPARE_TIMEOUT_S,
            start_new_session=True,
            check=False,
        )
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["it said nothing"]
            (self._env.data_dir / "logs" / "prepare.log").write_text(done.stderr)
            raise StartError(f"the database could not be prepared: {lines[-1]}")
        admin: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
        return admin

    def _start_programs(self, simulator_port: int) -> None:
        """Start all; the groups are in the order of their end, so they start from the last."""
        programs.forget_measures(self._env.data_dir)
        order = [
            [programs.web(self._env)],
            [*programs.workers(self._env), programs.beat(self._env)],
        ]
        if self._env.simulated:
            order.append([programs.simulator(self._env, simulator_port)])
        self._groups = [
            [Supervised(program, self._variables, self._console) for program in group]
            for group in order
        ]
        for group in reversed(self._groups):
            for member in group:
                member.start()

    def _look_after(self) -> None:
        self._servers.look_after()
        for group in self._groups:
            for member in group:
                member.look_after()
        time.sleep(LOOK_EVERY_S)

    def _watch(self) -> None:
        while True:
            self._look_after()

    def _wait_until_ready(self) -> None:
        web = self._groups[0][0]
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not is_alive(self._env):
            self._look_after()
            if web.deaths >= GIVE_UP_AFTER_DEATHS or time.monotonic() > deadline:
                raise StartError("the web process does not start; its lines above say why")

    def _welcome(self, admin: dict[str, str]) -> None:
        say = self._console.say
        say("")
        say(f"agentsite is ready: {self._env.local_url}")
        if "password" in admin:
            say(f"  Sign in as {admin['email']} with the password {admin['password']}")
            say("  (made up for you and shown only this once)")
        elif "known" in admin:
            say(f"  Sign in as {admin['known']}. Password forgotten? Set a new one with")
            say(f"  .venv/bin/python manage.py changepassword {admin['known']}")
        elif admin:
            say(f"  Sign in as {admin['email']} with your ADMIN_PASSWORD")
        if self._env.simulated:
            say("  No OPENAI_API_KEY is set: a simulator answers, and its dollars are not real")
        say("  Ctrl-C stops it")
        say("")

    def _stop(self) -> None:
        """End all in order: the way in, the work in flight, its provider, the servers."""
        for group in self._groups:
            for member in group:
                member.ask_to_stop()
            for member in group:
                member.wait()
        self._servers.stop()
        remove_servers_file(self._env.data_dir)


def _on_signals(handler: object) -> None:
    """Set what the ending signals do; a hang-up that `nohup` made us ignore stays ignored."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)  # type: ignore[arg-type]


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped
