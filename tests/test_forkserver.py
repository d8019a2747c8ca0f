"""A forked process is what `python -m` would have started, but for the time that it took."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.forkserver.client import Forked
from tests.forkserver.libraries import READERS
from tests.stack import wait_for

EXAMPLE = "tests.forkserver.example"
OWNER = f"""
import sys, time
from pathlib import Path
from tests.forkserver.client import Forked
print(Forked("{EXAMPLE}", ["60"], log=Path(sys.argv[1]), env={{}}).pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def lines_of(log: Path) -> list[str]:
    return (wait_for(log.exists) and wait_for(log.read_text).splitlines()) or []


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_is_a_program_of_its_own(log: Path) -> None:
    child = Forked(EXAMPLE, [], log=log, env={"GIVEN": "é"})
    assert (child.wait(60), child.poll(), child.returncode) == (7, 7, 7)

    first, last = lines_of(log)
    said: dict[str, Any] = json.loads(first)
    assert last == "at exit"
    assert (said["name"], said["arguments"], said["environment"]) == (
        "__main__",
        [],
        {"GIVEN": "é"},
    )
    assert (said["input"], said["own_session"], said["ignored"]) == ("", True, False)
    # The list of open files is one itself.
    assert len(said["pipes"]) == 1
    assert not set(READERS) & set(said["loaded"])
    assert {"celery", "django", "psycopg"} <= set(said["loaded"])


def test_it_ends_by_signals(log: Path) -> None:
    child, other = (Forked(EXAMPLE, ["60"], log=log, env={}) for _ in range(2))
    assert child.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.01)
    child.send_signal(signal.SIGTERM)
    assert child.wait(60) == -signal.SIGTERM
    other.kill()
    assert other.wait(60) == -signal.SIGKILL
    child.send_signal(signal.SIGTERM)


def test_it_ends_with_whoever_started_it(log: Path) -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, log], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    with owner.stdout:
        pid = int(owner.stdout.readline())
    assert is_alive(pid)
    owner.kill()
    owner.wait(60)
    wait_for(lambda: not is_alive(pid))
