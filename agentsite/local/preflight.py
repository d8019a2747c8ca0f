"""What must be true of this machine before anything is started; each failure is one line."""

import errno
import shutil
from pathlib import Path

from agentsite.env import Env
from agentsite.local.errors import StartError
from agentsite.local.ports import can_listen
from agentsite.local.programs import folders

MEGABYTE = 1_000_000
FIRST_START_MB = 150
LATER_START_MB = 30


def require_address(env: Env) -> None:
    """Raise `StartError` when the site can't listen where it was told to."""
    try:
        can_listen(env.host, env.port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise StartError(
                f"port {env.port} on {env.host} is in use: end what listens there, or choose"
                f" another, for example PORT={env.port % 65535 + 1} make up"
            ) from None
        raise StartError(
            f"can't listen on HOST {env.host}, PORT {env.port}: {error.strerror}"
        ) from None


def require_data_dir(data_dir: Path) -> None:
    """Make the folders, or raise `StartError` when they can't be written or the disk is full."""
    probe = data_dir / "probe"
    try:
        for folder in folders(data_dir):
            folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as error:
        raise StartError(f"DATA_DIR {data_dir} can't be written: {error.strerror}") from None
    needed = LATER_START_MB if (data_dir / "postgres" / "data").exists() else FIRST_START_MB
    free = shutil.disk_usage(data_dir).free // MEGABYTE
    if free < needed:
        raise StartError(f"DATA_DIR {data_dir} has {free} MB free; a start needs {needed} MB")
