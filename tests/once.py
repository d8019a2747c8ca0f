"""What is costly to make is made by one of the parallel workers, for all of them."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """The folder of this session that all its workers have."""
    own = factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def made_once(folder: Path, make: Callable[[Path], str]) -> str:
    """What `make` answered to whoever came first with this folder; the others wait for it."""
    made = folder.with_suffix(".made")
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            # One that failed may have left something.
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            made.write_text(make(folder))
        return made.read_text()
