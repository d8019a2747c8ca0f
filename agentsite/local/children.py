"""Child processes that never outlive the process that started them."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from agentsite.local.privileges import SAME, Account

PR_SET_PDEATHSIG = 1
KILL_WAIT_S = 5.0

Child = subprocess.Popen[bytes]


def spawn(
    argv: Sequence[str | Path],
    *,
    output: IO[bytes] | int,
    death_signal: signal.Signals = signal.SIGKILL,
    account: Account = SAME,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: int = subprocess.DEVNULL,
) -> Child:
    """Start a child in a session of its own, so that Ctrl-C reaches only the parent.

    On Linux the kernel sends it `death_signal` when the calling thread dies, whatever killed it:
    call this from a thread that lives as long as the process.
    """
    return subprocess.Popen(
        [*account.prefix, *map(str, argv)],
        stdin=stdin,
        stdout=output,
        stderr=subprocess.STDOUT if output != subprocess.DEVNULL else subprocess.DEVNULL,
        cwd=cwd,
        env=None if env is None else dict(env),
        start_new_session=True,
        preexec_fn=follow_parent(death_signal),
        **account.popen_arguments(),
    )


def follow_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    """What a child of this process does first, to be told of its parent's death; Linux only."""
    if sys.platform != "linux":
        return None
    prctl, parent = ctypes.CDLL(None).prctl, os.getpid()

    def follow() -> None:
        prctl(PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:
            os._exit(1)

    return follow


def stop(child: Child, *steps: tuple[signal.Signals, float]) -> int:
    """Send each signal and wait its seconds, until the child has ended; at last SIGKILL."""
    for number, seconds in steps:
        if child.poll() is not None:
            break
        child.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            return child.wait(seconds)
    return kill(child)


def kill(child: Child) -> int:
    """SIGKILL and wait."""
    child.kill()
    return child.wait(KILL_WAIT_S)
