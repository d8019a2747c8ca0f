"""The Celery side of a worker: its process starts and ends with Celery's, and tasks wake it."""

from typing import Any

from celery import shared_task, signals

from runs.alerts.causes.hours import forget_old
from runs.alerts.watch import begin_watch, look_on_schedule
from runs.executor.process import WorkerProcess
from runs.forecasts.keeping import keep_month_forecasts, keep_run_forecasts
from runs.forecasts.scoring import score
from runs.mcp.refresh import refresh_stale
from runs.models.owner_tally import fold_owner_tally
from runs.models.tally import fold_tally
from runs.personal_data.erasing import erase_deleted_users
from runs.retention.passes import delete_old
from runs.wakeup import WAKE_TASK
from runs.webhooks.upkeep import tell_of_switched_off

# A worker that is told to end waits for it.
PASS_S = 4.0

_process: WorkerProcess | None = None


@signals.worker_init.connect
def _start(**_: Any) -> None:
    """Start before the broker is reached: runs are claimed from Postgres."""
    global _process
    _process = WorkerProcess()
    _process.start()
    begin_watch()


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


@shared_task(name="runs.refresh_mcp_servers")
def refresh_mcp_servers() -> None:
    """Read which tools MCP servers offer, where what is known is no longer fresh."""
    refresh_stale()


@shared_task(name="runs.tend_webhooks")
def tend_webhooks() -> None:
    """Tell users whose webhooks were switched off."""
    tell_of_switched_off()


@shared_task(name="runs.delete_old")
def retain() -> None:
    """Delete what is older than the site keeps it, for a while; the next time goes on there."""
    delete_old(seconds=PASS_S)


@shared_task(name="runs.erase_deleted_users")
def erase() -> None:
    """Empty the runs of users who were deleted."""
    erase_deleted_users(seconds=PASS_S)


@shared_task(name="runs.tell_alerts")
def tell_alerts() -> None:
    """Find what people should know, and mail what is due."""
    look_on_schedule()


@shared_task(name="runs.tend_alerts")
def tend_alerts() -> None:
    """Delete sums of spend that no comparison needs any more."""
    forget_old()


@shared_task(name="runs.fold_tally")
def fold() -> None:
    """Keep the counts and sums of ended runs short."""
    fold_tally()
    fold_owner_tally()


@shared_task(name="runs.keep_forecasts")
def keep_forecasts() -> None:
    """Keep what new runs are expected to cost."""
    keep_run_forecasts()


@shared_task(name="runs.score_forecasts")
def score_forecasts() -> None:
    """Keep today's forecasts of months, score what is over, and count how often they held."""
    keep_month_forecasts(seconds=PASS_S)
    score()
