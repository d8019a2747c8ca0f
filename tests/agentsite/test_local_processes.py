"""How the pieces of `make up` start, restart, find and end processes."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import redis

from agentsite.env import ROOT, load_env
from agentsite.local import children, orphans
from agentsite.local.console import Console
from agentsite.local.logs import open_log, reason
from agentsite.local.ports import LOOPBACK, free_port
from agentsite.local.postgres import EmbeddedPostgres
from agentsite.local.programs import Program
from agentsite.local.redis import EmbeddedRedis
from agentsite.local.supervised import Supervised
from tests.stack import wait_for

DEAF = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('deaf', flush=True); time.sleep(60)"
)


def test_a_program_that_keeps_ending_is_started_later_each_time(
    capfd: pytest.CaptureFixture[str],
) -> None:
    program = Supervised(Program("failing", ("-c", "raise SystemExit(3)"), 1), {}, Console())
    program.start()
    deadline = time.monotonic() + 90
    while program.deaths < 3 and time.monotonic() < deadline:
        program.look_after()
        time.sleep(0.02)

    lines = [line for line in capfd.readouterr().out.splitlines() if line.startswith("failing")]
    assert lines == [
        f"failing ended with exit code 3; starting it again in {delay} s"
        for delay in ("0.5", "1", "2")
    ]


def test_a_program_that_ignores_the_request_is_killed(capfd: pytest.CaptureFixture[str]) -> None:
    program = Supervised(Program("deaf", ("-c", DEAF), 0.3), {}, Console())
    program.start()
    shown = ""
    while "deaf      | deaf" not in shown:
        shown += capfd.readouterr().out
        time.sleep(0.02)

    program.ask_to_stop()
    program.wait()

    assert "deaf did not end in time and was killed" in capfd.readouterr().out


def test_a_child_dies_with_its_parent_however_that_dies() -> None:
    code = (
        "import os, signal, subprocess, sys\n"
        "from agentsite.local import children\n"
        "child = children.spawn(['sleep', '60'], output=subprocess.DEVNULL)\n"
        "print(child.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    pid = int(done.stdout)
    wait_for(lambda: _state(pid) in ("", "Z"))


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return ""


@pytest.mark.skipif(not shutil.which("lsof"), reason="needs lsof")
def test_both_ways_to_find_a_server_agree(private_redis: EmbeddedRedis, tmp_path: Path) -> None:
    folder = (tmp_path / "redis").resolve()
    expected = [private_redis.child.pid]
    assert list(orphans._from_proc(folder, "redis-server")) == expected
    assert list(orphans._from_lsof(folder, "redis-server")) == expected
    assert orphans.processes_in(tmp_path, "redis-server") == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another account")
def test_root_without_user_namespaces_runs_postgres_as_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    tmp_path.chmod(0o700)
    said: list[str] = []
    server = EmbeddedPostgres(tmp_path / "postgres", log=tmp_path / "log", say=said.append)
    try:
        server.start()
        owner = Path(f"/proc/{server.child.pid}").stat().st_uid
        server.stop()
        server.start()
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        server.stop()
    finally:
        home = (tmp_path / "postgres").resolve()
        if tmp_path not in home.parents:
            shutil.rmtree(home.parent)
    assert owner != 0
    assert [line for line in said if "nobody" in line and str(home) in line] == said[:1]


def test_the_stand_in_answers_like_redis(tmp_path: Path) -> None:
    port = free_port()
    with open_log(tmp_path / "log") as log:
        argv = [sys.executable, "-m", "agentsite.local.stand_in_redis", str(port)]
        child = children.spawn(argv, output=log, cwd=ROOT)
    with redis.Redis(LOOPBACK, port, retry=redis.retry.Retry(_every_tenth(), 100)) as client:
        client.set("key", "value")
        assert client.get("key") == b"value"
        assert client.eval("return redis.call('GET', KEYS[1])", 1, "key") == b"value"
    assert children.stop(child, (signal.SIGTERM, 60)) == 0


def _every_tenth() -> redis.backoff.ConstantBackoff:
    return redis.backoff.ConstantBackoff(0.1)


def test_a_command_gets_temporary_servers_and_gives_its_exit_code() -> None:
    code = (
        "import os, psycopg; psycopg.connect(os.environ['DATABASE_URL']).execute('SELECT 1');"
        "print(os.environ['DATA_DIR']); raise SystemExit(7)"
    )
    done = subprocess.run(
        [sys.executable, "-m", "agentsite.local.temporary", sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 7, done.stderr
    assert not Path(done.stdout.strip()).parent.exists()


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("localhost", "http://localhost:8000"),
    ],
)
def test_the_address_is_one_that_a_browser_can_open(host: str, address: str) -> None:
    assert load_env().model_copy(update={"host": host, "port": 8000}).local_url == address


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("LOG: a\n2026 FATAL:  could not bind\nLOG: shut down", "could not bind"),
        ("9:M 1 Jan 2026 10:00:00.000 # Fatal error loading the DB", "Fatal error loading the DB"),
        ("one\ntwo\n", "two"),
        ("", "it said nothing"),
    ],
)
def test_the_reason_is_the_line_about_the_problem(text: str, line: str) -> None:
    assert reason(text) == line
