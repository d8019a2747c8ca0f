"""A developer's machine: `make up`, plain HTTP on loopback, readable logs."""

from agentsite.env import local_secret

from .base import *  # noqa: F403
from .base import ALLOWED_HOSTS, DATA_DIR, EMAIL_BACKEND, EMAIL_HOST, LOGGING, SECRET_KEY, given

SECRET_KEY = SECRET_KEY or local_secret(DATA_DIR)
PUBLIC_URL = given.public_url or given.local_url
ALLOWED_HOSTS += [
    ".localhost",
    "127.0.0.1",
    "[::1]",
    f"[{given.host}]" if ":" in given.host else given.host,
]
STATIC_FROM_SOURCE = True
DEMO = True
EMAIL_BACKEND = EMAIL_BACKEND if EMAIL_HOST else "django.core.mail.backends.console.EmailBackend"
SENDS_MAIL = True
LOGGING["handlers"]["stderr"]["formatter"] = "console"  # type: ignore[index]
