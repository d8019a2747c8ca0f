"""One supervisor per data directory."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agentsite.local.errors import StartError


@contextmanager
def only_one(data_dir: Path) -> Iterator[None]:
    """Hold the lock of this directory; the kernel frees it when this process ends, however."""
    path = data_dir / "lock"
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            owner = lock.read().strip() or "unknown"
            raise StartError(
                f"it already runs on {data_dir} (process {owner}): end that one,"
                " or choose another DATA_DIR"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
