"""Under which account a Postgres server runs: it refuses to run as root."""

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentsite.local.errors import StartError

UNSHARE = ("unshare", "--user", "--map-user=1000")
PROBE_TIMEOUT_S = 10


@dataclass(frozen=True)
class Account:
    """How to start a process under another account: a command before it, or a user id."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None

    def popen_arguments(self) -> dict[str, Any]:
        """The arguments of `subprocess.Popen` that switch to this account."""
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": ()}

    def succeeds(self, *argv: str | Path) -> bool:
        """True when this command runs under this account and exits with 0."""
        try:
            done = subprocess.run(
                [*self.prefix, *map(str, argv)],
                capture_output=True,
                stdin=subprocess.DEVNULL,
                cwd="/",
                timeout=PROBE_TIMEOUT_S,
                check=False,
                **self.popen_arguments(),
            )
        except (OSError, subprocess.SubprocessError):
            return False
        return done.returncode == 0

    def reaches(self, path: Path) -> bool:
        """True when this account may look into every folder above `path`."""
        return self.uid is None or all(
            folder.stat().st_mode & stat.S_IXOTH for folder in path.parents
        )

    def own(self, directory: Path, *, force: bool = False) -> None:
        """Give a directory and all that is in it to this account; only root has to."""
        if os.geteuid() != 0:
            return
        uid, gid = self.uid or 0, self.gid or 0
        home = directory.resolve()
        if home.stat().st_uid == uid and not force:
            return
        for parent, _, files in os.walk(home):
            for path in (parent, *(os.path.join(parent, name) for name in files)):
                os.chown(path, uid, gid, follow_symlinks=False)


SAME = Account()


def postgres_account() -> Account:
    """Our own account; for root a user namespace, else `nobody`."""
    if os.geteuid() != 0:
        return SAME
    namespace = Account(prefix=UNSHARE)
    if shutil.which(UNSHARE[0]) and namespace.succeeds("true"):
        return namespace
    return _nobody()


def _nobody() -> Account:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise StartError(
            "PostgreSQL refuses to run as root, and here are neither user namespaces nor a user"
            " 'nobody': start as another user, or set DATABASE_URL"
        ) from None
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)
