"""`manage.py up` starts a whole site, and finds its data again however it was ended."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command

from agentsite.local.ports import free_port
from agentsite.local.temporary import without_ours
from tests.agentsite.up_process import READY, Up
from tests.stack import wait_for

USERS = "SELECT email, is_superuser FROM accounts_user"


@pytest.fixture
def make_up(tmp_path: Path) -> Iterator[Callable[..., Up]]:
    """Make a site in a folder with a space and a path too long for a socket file."""
    made: list[Up] = []

    def make(**variables: str) -> Up:
        up = Up(tmp_path / "a folder" / ("long" * 30), **variables)
        made.append(up)
        return up

    yield make
    for up in made:
        up.kill_if_running()


def one_line(up: Up) -> str:
    """The only line of a start that must fail."""
    up.start()
    assert up.wait() == 1
    assert len(up.lines) == 1, "\n".join(up.lines)
    return up.lines[0]


def test_a_site_survives_every_way_of_ending_it(make_up: Callable[..., Up]) -> None:
    up = make_up(ADMIN_EMAIL="root@example.org")
    up.start()
    up.wait_for(READY)
    assert "root@example.org" in up.wait_for("with the password")
    assert up.is_alive()
    assert up.status_for_host("evil.example") == 400
    with psycopg.connect(up.servers()["database_url"]) as connection:
        assert connection.execute(USERS).fetchall() == [("root@example.org", True)]
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    assert (up.data_dir / "servers.json").stat().st_mode & 0o777 == 0o600

    second = make_up(DATA_DIR=str(up.data_dir))
    assert "already runs" in one_line(second)

    for victim in ("agentsite.server", "postgres"):
        os.kill(up.child(victim), signal.SIGKILL)
    up.wait_for("PostgreSQL ended; starting it again")
    up.wait_for("web was killed by SIGKILL; starting it again")
    wait_for(up.is_alive)

    children = up.children()
    up.end(signal.SIGKILL)
    wait_for(lambda: not any(is_running(pid) for pid in children))

    up.start()
    up.wait_for(READY)
    assert not any("with the password" in line for line in up.lines)
    up.wait_for("Sign in as root@example.org.")
    up.wait_for("changepassword root@example.org")
    assert answer_kept(up) == 42
    assert up.end(signal.SIGTERM) == 0
    assert not (up.data_dir / "servers.json").exists()

    up.start()
    up.wait_for("Preparing the database")
    assert answer_kept(up) == 42
    assert up.end(signal.SIGINT) == 0
    assert not (up.data_dir / "servers.json").exists()


def answer_kept(up: Up) -> int:
    """What the first start's database was given."""
    with psycopg.connect(up.servers()["database_url"]) as connection:
        row = connection.execute("SELECT answer FROM kept").fetchone()
    assert row is not None
    return int(row[0])


def is_running(pid: int) -> bool:
    """True for a process that is there and not a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"


def test_a_port_in_use_is_one_line(make_up: Callable[..., Up]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = one_line(make_up(PORT=str(port)))
    assert f"port {port} on 127.0.0.1 is in use" in line


@pytest.mark.parametrize(("name", "value"), [("PORT", "eighty"), ("DATA_DIR", "/dev/null/var")])
def test_a_bad_value_is_one_line_with_its_name(
    make_up: Callable[..., Up], name: str, value: str
) -> None:
    assert name in one_line(make_up(**{name: value})).upper()


@pytest.fixture
def own_umask() -> Iterator[None]:
    """A start changes its process's umask, which is this one's here."""
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.usefixtures("own_umask")
@pytest.mark.parametrize(
    ("name", "value"), [("HOST", "192.0.2.1"), ("REDIS_URL", "redis://127.0.0.1:1/0")]
)
def test_what_this_machine_lacks_is_one_line_with_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
) -> None:
    for variable in set(os.environ) - set(without_ours(dict(os.environ))):
        monkeypatch.delenv(variable)
    given = {"ENV_FILE": "", "DATA_DIR": str(tmp_path / "data"), "PORT": str(free_port())}
    for variable, said in (given | {name: value}).items():
        monkeypatch.setenv(variable, said)
    with pytest.raises(SystemExit) as ended:
        call_command("up")
    line = str(ended.value)
    assert name in line.upper()
    assert "\n" not in line
