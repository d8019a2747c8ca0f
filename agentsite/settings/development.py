"""A developer's machine: `make up`, plain HTTP on loopback, readable logs."""

from agentsite.env import local_secret

from .base import *  # noqa: F403
from .base import ALLOWED_HOSTS, DATA_DIR, ENV, LOGGING

DEBUG = True
SECRET_KEY = ENV.secret_key or local_secret(DATA_DIR)
ALLOWED_HOSTS = ALLOWED_HOSTS or ["*"]
LOGGING["handlers"]["stderr"]["formatter"] = "console"  # type: ignore[index]
