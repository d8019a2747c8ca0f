"""Who looks for alerts: a worker that the scheduler asks, and where nobody asks, any process.

The scheduler can't tell of its own end, nor workers that they are gone. So each worker and each web
process has a thread that looks in their place, one of them at a time.
"""

import logging
import threading
import time
from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now

from runs.alert_models import AlertLook
from runs.alerts.mails import send_mails
from runs.alerts.sweep import sweep
from web.connections import releasing

EVERY_S = 60.0

logger = logging.getLogger(__name__)


def look_on_schedule() -> None:
    """Look because the scheduler asked, and note that it did."""
    now = {"looked_at": Now(), "scheduled_at": Now()}
    AlertLook.objects.update_or_create(pk=1, defaults=now)
    _look()


def look_in_its_place() -> bool:
    """Look where the scheduler has been silent for long; False where that is nobody's turn."""
    AlertLook.objects.get_or_create(pk=1)
    silent = AlertLook.objects.filter(
        scheduled_at__lt=Now() - timedelta(seconds=settings.ALERT_SILENT_S),
        looked_at__lt=Now() - timedelta(seconds=_pace_s()),
    )
    if not silent.update(looked_at=Now()):
        return False
    _look()
    return True


def _look() -> None:
    sweep()
    send_mails()


def _pace_s() -> float:
    return min(EVERY_S, settings.ALERT_SILENT_S / 2)


def begin_watch() -> None:
    """Watch from now on, in a thread that ends with the process."""
    threading.Thread(target=_watch, name="alerts", daemon=True).start()


def _watch() -> None:
    """The others may have been started with this process: they have as long to be heard of."""
    time.sleep(settings.ALERT_SILENT_S)
    while True:
        try:
            releasing(look_in_its_place)()
        except Exception:  # whatever it is, the next look may find better
            logger.exception("alerts can't be looked for; trying again")
        time.sleep(_pace_s())
