"""`python -m runs.executor.isolated RUN EPOCH`: the process in which a suspect executes alone."""

import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path
from uuid import UUID

import django

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Execute one run and exit with 0, whatever became of the run."""
    signs = _keep_output_apart()
    _depend_on_the_worker()
    django.setup()
    # Models can be imported only now.
    from runs.executor.isolated.child import execute_alone
    from runs.executor.loop import new_loop

    new_loop().run_until_complete(execute_alone(UUID(sys.argv[1]), int(sys.argv[2]), signs))
    # Python would take its modules apart for half a second, while the worker waits for the place.
    sys.stdout.flush()
    os._exit(0)


def _keep_output_apart() -> int:
    """The descriptor for signs of life; what is printed goes to standard error instead."""
    signs = os.dup(1)
    os.dup2(2, 1)
    return signs


def _depend_on_the_worker() -> None:
    """Only the worker and its death end this process; short of memory, the kernel ends it first."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("1000")


if __name__ == "__main__":
    main()
