"""The Celery application."""

import os

from celery import Celery

from agentsite.env import env

os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"agentsite.settings.{env().environment}")
# A worker would load all pages in order to check them. `manage.py check` does it before a release.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("agentsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Wake-ups are sent from a thread of their own; without this, other threads have another app.
app.set_default()
