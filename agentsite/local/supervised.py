"""One child process that is started again when it dies."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress

from agentsite.env import ROOT
from agentsite.local import children
from agentsite.local.console import Console
from agentsite.local.programs import Program

FIRST_DELAY_S = 0.5
MAX_DELAY_S = 30.0
# A child that ran this long is healthy; its next death is the first again.
HEALTHY_S = 60.0
# Whoever pressed Ctrl-C is told what a longer wait is for.
UNEXPLAINED_WAIT_S = 1.5


class Supervised:
    """Runs a program, and runs it again after each end, a little later each time."""

    def __init__(self, program: Program, environment: Mapping[str, str], console: Console) -> None:
        self.program = program
        self.deaths = 0
        self._environment = {**os.environ, **environment, **program.environment}
        self._console = console
        self._child: children.Child | None = None
        self._started_at = 0.0
        self._due_at = 0.0

    def start(self) -> None:
        """Start it, with its lines on the console."""
        self._started_at = time.monotonic()
        self._child = children.spawn(
            self.program.argv, output=subprocess.PIPE, cwd=ROOT, env=self._environment
        )
        if self._child.stdout:
            self._console.follow(self.program.name, self._child.stdout)

    def look_after(self) -> None:
        """Notice its end, and start it when the time has come."""
        now = time.monotonic()
        if self._child is not None and (code := self._child.poll()) is not None:
            self._child = None
            self._plan_restart(code, now)
        if self._child is None and now >= self._due_at:
            self.start()

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        if self._child is not None and self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)

    def wait(self) -> None:
        """Wait for its end as long as it may take, then kill it."""
        if self._child is None:
            return
        patience = min(UNEXPLAINED_WAIT_S, self.program.stop_s)
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(patience)
            return
        left = self.program.stop_s - patience
        self._console.say(f"Waiting for {self.program.name}, at most {left:g} s more ...")
        try:
            self._child.wait(left)
        except subprocess.TimeoutExpired:
            self._console.say(f"{self.program.name} did not end in time and was killed")
            children.kill(self._child)

    def _plan_restart(self, code: int, now: float) -> None:
        self.deaths = 1 if now - self._started_at > HEALTHY_S else self.deaths + 1
        delay = min(FIRST_DELAY_S * 2 ** (self.deaths - 1), MAX_DELAY_S)
        self._due_at = now + delay
        self._console.say(f"{self.program.name} {_how(code)}; starting it again in {delay:g} s")


def _how(code: int) -> str:
    """How a process ended, in words."""
    if code >= 0:
        return f"ended with exit code {code}"
    return f"was killed by {signal.Signals(-code).name}"
