"""WSGI entry point of the production web tier; WhiteNoise serves the static files."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from whitenoise import WhiteNoise

from agentsite.env import env

os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"agentsite.settings.{env().environment}")

application = WhiteNoise(
    get_wsgi_application(), root=settings.STATIC_ROOT, prefix=settings.STATIC_URL
)
