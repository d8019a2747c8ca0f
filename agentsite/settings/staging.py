"""Production's settings with a short HSTS, so that a staging host can be taken down again."""

from .production import *  # noqa: F403

SECURE_HSTS_SECONDS = 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
SECURE_HSTS_PRELOAD = False
