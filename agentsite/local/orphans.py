"""Finds servers that an earlier start left behind in one of our directories."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from agentsite.local.errors import StartError

PROC = Path("/proc")
POLL_S = 0.05


def processes_in(directory: Path, name: str) -> list[int]:
    """The live processes called `name` whose working directory is this one.

    Postgres and Redis change into their data directory, so this can't mistake another server,
    or another program that got the same process id, for ours.
    """
    found = _from_proc if PROC.joinpath("self", "cwd").exists() else _from_lsof
    return sorted(pid for pid in found(directory.resolve(), name) if pid != os.getpid())


def _from_proc(directory: Path, name: str) -> Iterator[int]:
    for entry in PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if os.readlink(entry / "cwd") != str(directory):
                continue
            if (entry / "comm").read_text().strip().startswith(name[:15]):
                yield int(entry.name)
        except OSError:
            continue


def _from_lsof(directory: Path, name: str) -> Iterator[int]:
    if not shutil.which("lsof"):
        return
    done = subprocess.run(
        ["lsof", "-w", "-a", "-c", name, "-d", "cwd", "-F", "pn"],
        capture_output=True,
        text=True,
        check=False,
    )
    pid = 0
    for line in done.stdout.splitlines():
        if line.startswith("p"):
            pid = int(line[1:])
        elif line == f"n{directory}":
            yield pid


def end_orphans(
    directory: Path, name: str, pid_file: Path, *steps: tuple[signal.Signals, float]
) -> bool:
    """End the server left in `directory`, if there is one, and wait for all its processes.

    Only the process named in its pid file gets the signals: it ends the others, and where it is
    dead they end by themselves. The caller holds the lock of the data directory, so that no live
    supervisor owns them.
    """
    if not processes_in(directory, name):
        return False
    for number, seconds in steps:
        if (leader := _read_pid(pid_file)) in processes_in(directory, name):
            _send(leader, number)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not processes_in(directory, name):
                return True
            time.sleep(POLL_S)
    pid = next(iter(processes_in(directory, name)), 0)
    raise StartError(f"a {name} left over in {directory} does not end: process {pid}")


def _read_pid(pid_file: Path) -> int:
    try:
        return int(pid_file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
    except PermissionError:
        raise StartError(f"process {pid} still runs there as another user; end it first") from None
