"""The tests' settings: the same stack on temporary servers, with cheap password hashes."""

from .base import *  # noqa: F403
from .base import LOGGING

SECRET_KEY = "only-for-tests-" * 4
ALLOWED_HOSTS = ["*"]
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
PASSWORD_RESET_OPEN = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOGGING["root"]["level"] = "WARNING"  # type: ignore[index]
