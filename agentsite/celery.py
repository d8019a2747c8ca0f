"""The Celery application."""

import os

from celery import Celery

from agentsite.env import env

os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"agentsite.settings.{env().environment}")

app = Celery("agentsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Wake-ups are sent from a thread of their own; without this, other threads have another app.
app.set_default()
