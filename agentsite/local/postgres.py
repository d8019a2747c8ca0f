"""An embedded Postgres: programs from a wheel or the system, its data in a folder of ours."""

import os
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg

from agentsite.local import children
from agentsite.local.binaries import PostgresBinaries, find_postgres
from agentsite.local.errors import StartError
from agentsite.local.logs import open_log, reason
from agentsite.local.orphans import end_orphans
from agentsite.local.placing import Say, reachable_home, runnable_binaries
from agentsite.local.ports import LOOPBACK, free_port
from agentsite.local.privileges import Account, postgres_account
from agentsite.local.site_role import ROLE, ensure_role, hand_over

NAME = "agentsite"
SUPERUSER = "agentsite"
INITDB_TIMEOUT_S = 90
START_TIMEOUT_S = 60
POLL_S = 0.05
ATTEMPTS = 3
SHUTDOWN = ((signal.SIGINT, 5.0), (signal.SIGQUIT, 3.0))
SETTINGS = {
    "listen_addresses": LOOPBACK,
    # No socket file: its path may be too long, and the password guards only TCP.
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class EmbeddedPostgres:
    """One server on a loopback port, with its cluster and its passwords in `directory`.

    `settings` are added to the server's. The port stays the same for the life of this object. The
    site's role owns its database; tests may let it create others.
    """

    def __init__(
        self,
        directory: Path,
        *,
        log: Path,
        say: Say,
        settings: dict[str, str] | None = None,
        creates_databases: bool = False,
    ) -> None:
        self._directory = directory.absolute()
        self._log = log
        self._say = say
        self._settings = SETTINGS | (settings or {})
        self._creates_databases = creates_databases
        self.port = free_port()
        self.child: children.Child

    @property
    def url(self) -> str:
        """Address of the site's database, with the site's role and its password."""
        return self._url(ROLE, self._site_password_file, NAME)

    def start(self) -> None:
        """Make the cluster if there is none, start the server, and wait until it answers."""
        account = postgres_account()
        reachable_home(self._directory, account, self._say)
        binaries = runnable_binaries(find_postgres(self._made_by()), account, self._home)
        account.own(self._home)
        if not self._cluster.exists():
            self._create(binaries, account)
        self._end_leftovers()
        for _ in range(ATTEMPTS):
            self._launch(binaries, account)
            if self._answers():
                return
            if "in use" not in self._log.read_text(errors="replace"):
                break
            self.port = free_port()
        raise StartError(
            f"PostgreSQL did not start: {reason(self._log.read_text(errors='replace'))}"
        )

    def stop(self) -> None:
        """Shut down: connections are cut, everything committed is on disk."""
        children.stop(self.child, *SHUTDOWN)

    def kill(self) -> None:
        """End the server as a crash would."""
        children.kill(self.child)

    @property
    def _home(self) -> Path:
        """Where `directory` really is: a server that runs as `nobody` can't follow every link."""
        return self._directory.resolve()

    @property
    def _cluster(self) -> Path:
        return self._home / "data"

    @property
    def _password_file(self) -> Path:
        return self._home / "password"

    @property
    def _site_password_file(self) -> Path:
        return self._home / "site_password"

    def _url(self, role: str, password_file: Path, database: str) -> str:
        address = f"{LOOPBACK}:{self.port}/{database}?sslmode=disable"
        return f"postgresql://{role}:{password_file.read_text()}@{address}"

    def _made_by(self) -> int | None:
        """The major version whose data is here."""
        try:
            return int((self._cluster / "PG_VERSION").read_text())
        except FileNotFoundError:
            return None

    def _create(self, binaries: PostgresBinaries, account: Account) -> None:
        """Run initdb beside the final place: an interrupted one leaves nothing half done."""
        self._say(f"Creating a PostgreSQL {binaries.major} database ...")
        unfinished = self._cluster.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        _write_password(self._password_file)
        account.own(self._home, force=True)
        done = subprocess.run(
            [
                *account.prefix,
                str(binaries.folder / "initdb"),
                f"--pgdata={unfinished}",
                f"--username={SUPERUSER}",
                f"--pwfile={self._password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--no-sync",
                *_locale(binaries.major),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=self._home,
            env=_environment(),
            timeout=INITDB_TIMEOUT_S,
            check=False,
            **account.popen_arguments(),
        )
        if done.returncode:
            raise StartError(f"PostgreSQL's initdb failed: {reason(done.stdout + done.stderr)}")
        unfinished.rename(self._cluster)

    def _end_leftovers(self) -> None:
        """Stop a server that outlived its supervisor; drop a pid file that blocks the start.

        Postgres itself clears the file of a dead process. It can't where that process id was
        given to another program since.
        """
        pid_file = self._cluster / "postmaster.pid"
        if end_orphans(self._cluster, "postgres", pid_file, *SHUTDOWN):
            self._say("Stopped the PostgreSQL that an earlier start had left running")
        pid_file.unlink(missing_ok=True)

    def _launch(self, binaries: PostgresBinaries, account: Account) -> None:
        options = [f"--{name}={value}" for name, value in self._settings.items()]
        with open_log(self._log) as log:
            self.child = children.spawn(
                [binaries.folder / "postgres", "-D", self._cluster, "-p", str(self.port), *options],
                output=log,
                death_signal=signal.SIGINT,
                account=account,
                cwd=self._home,
                env=_environment(),
            )

    def _answers(self) -> bool:
        """Wait until the server takes connections; False when it has ended."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self.child.poll() is not None:
                return False
            try:
                self._ensure_database()
            except psycopg.OperationalError as error:
                if "authentication failed" in str(error):
                    self.stop()
                    raise StartError(f"{self._password_file} is not this database's") from error
                time.sleep(POLL_S)
            else:
                return True
        self.stop()
        raise StartError(f"PostgreSQL did not answer in {START_TIMEOUT_S} s; see {self._log}")

    def _ensure_database(self) -> None:
        """The site's role and its database, as they have to be."""
        with self.as_superuser("postgres") as server:
            if not self._site_password_file.exists():
                _write_password(self._site_password_file)
            password = self._site_password_file.read_text()
            ensure_role(server, password, creates_databases=self._creates_databases)
            query = "SELECT 1 FROM pg_database WHERE datname = %s"
            if server.execute(query, [NAME]).fetchone() is None:
                server.execute(f"CREATE DATABASE {NAME}")
        with self.as_superuser(NAME) as database:
            hand_over(database)

    def as_superuser(self, database: str) -> psycopg.Connection:
        """A connection that may do everything, as the site never has one."""
        url = self._url(SUPERUSER, self._password_file, database)
        return psycopg.connect(url, autocommit=True, connect_timeout=5)


def _write_password(path: Path) -> None:
    """Make a new password that only this user reads."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(secrets.token_hex(24))


def _locale(major: int) -> tuple[str, ...]:
    """The same order of text everywhere: by code point, whatever the machine's locale."""
    if major >= 17:
        return ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
    return ("--locale=C.UTF-8",)


def _environment() -> dict[str, str]:
    """Our environment without what would redirect the server, and with messages in English."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    return kept | {"LC_ALL": "C"}
