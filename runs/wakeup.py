"""The wake-up for workers. It names no run and may get lost: workers also look by themselves."""

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from celery import current_app

WAKE_TASK = "runs.wake"
APART_S = 0.05

logger = logging.getLogger(__name__)
_sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="wake")
_pending = threading.Event()


def wake_workers() -> None:
    """Ask the workers to look for queued runs. Returns at once, whatever the broker does.

    One wake-up waits at most: it stands for every run that was committed before it is sent. The
    first is sent at once, and those that follow at some distance, since each costs a millisecond.
    """
    if not _pending.is_set():
        _pending.set()
        _sender.submit(_send)


def _send() -> None:
    _pending.clear()
    try:
        current_app.send_task(WAKE_TASK, retry=False, ignore_result=True, expires=60)
    except Exception:  # the broker may fail in any way; workers poll
        logger.warning("wake-up not sent; workers find the run by themselves", exc_info=True)
    time.sleep(APART_S)
