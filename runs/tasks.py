"""The Celery side of a worker: its process starts and ends with Celery's, and tasks wake it."""

from typing import Any

from celery import shared_task, signals

from runs.executor.process import WorkerProcess
from runs.wakeup import WAKE_TASK

_process: WorkerProcess | None = None


@signals.worker_init.connect
def _start(**_: Any) -> None:
    """Start before the broker is reached: runs are claimed from Postgres."""
    global _process
    _process = WorkerProcess()
    _process.start()


@signals.worker_shutdown.connect
def _stop(**_: Any) -> None:
    """Celery's pool has ended; the process goes on until its runs are handed back."""
    if _process is not None:
        _process.stop()


@shared_task(name=WAKE_TASK)
def wake() -> None:
    """Look for queued runs."""
    if _process is not None:
        _process.wake()
