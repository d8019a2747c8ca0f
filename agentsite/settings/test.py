"""The tests' settings: the same stack on temporary servers, with cheap password hashes."""

from .base import *  # noqa: F403
from .base import given

SECRET_KEY = "only-for-tests-" * 4
ALLOWED_HOSTS = ["*"]
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
SENDS_MAIL = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# The dates of real models would change what tests see from day to day.
KNOWN_SHUTDOWN_DATES = {}
# What auto takes in tests that are about something else.
CHEAP_MODELS = given.cheap_models or ("gpt-4.1-mini",)
STRONG_MODELS = given.strong_models or ("gpt-4.1-mini",)
