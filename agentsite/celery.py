"""The Celery application."""

import os
from typing import Any

from celery import Celery, signals

from agentsite.env import env

os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"agentsite.settings.{env().environment}")
# A worker would load all pages in order to check them. `manage.py check` does it before a release.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("agentsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Wake-ups are sent from a thread of their own; without this, other threads have another app.
app.set_default()


@signals.setup_logging.connect
def leave_logging_alone(**_: Any) -> None:
    """It is what the settings say; Celery would set the level of all of it."""


@signals.worker_init.connect
def _show_measures(**_: Any) -> None:
    from agentsite.metrics.port import open_port

    open_port()
