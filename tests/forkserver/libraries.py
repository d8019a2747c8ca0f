"""What site processes load of other people's code, as far as it reads no settings meanwhile."""

from importlib import import_module

LIBRARIES = (
    "OpenSSL.SSL",
    "aiohttp",
    "autobahn.twisted",
    "celery.apps.worker",
    "celery.bin.celery",
    "celery.concurrency.thread",
    "celery.fixups.django",
    "celery.worker.components",
    "celery.worker.consumer",
    "channels",
    "cryptography.fernet",
    "django.contrib.auth.hashers",
    "django.core.cache.backends.redis",
    "django.core.handlers.asgi",
    "django.core.mail",
    "django.core.management",
    "django.db.backends.postgresql.base",
    "django.forms",
    "django.template.backends.django",
    "django.test.client",
    "genai_prices",
    "httpx2",
    "jsonschema",
    "jwt",
    "kombu.transport.redis",
    "markdown_it",
    "mcp",
    "mcp_types",
    "nh3",
    "openai",
    "orjson",
    "psycopg.types.json",
    "psycopg_pool",
    "pydantic_settings",
    "redis.asyncio",
    "requests",
    "service_identity",
    "structlog.dev",
    "twisted.internet.defer",
    "uvicorn.protocols.http.httptools_impl",
    "uvloop",
    "yaml",
)
# These read the environment or the settings when they are loaded.
READERS = (
    "agentsite.settings",
    "daphne",
    "django_ratelimit",
    "prometheus_client",
    "rest_framework",
    "runs",
)


def load() -> None:
    """Load them all; the tests' own packages have them all."""
    for name in LIBRARIES:
        import_module(name)
