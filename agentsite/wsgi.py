"""WSGI entry point of the production web tier; WhiteNoise serves the static files."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from whitenoise import WhiteNoise

from agentsite.env import env

os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"agentsite.settings.{env().environment}")

site = get_wsgi_application()

# Else the first request would wait for them. They import models: Django has to be set up.
from agentsite import urls  # noqa: F401

application = WhiteNoise(site, root=settings.STATIC_ROOT, prefix=settings.STATIC_URL)
