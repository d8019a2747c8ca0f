"""App configuration; the app holds the management commands of the whole site."""

from django.apps import AppConfig


class AgentsiteConfig(AppConfig):
    """The site itself."""

    name = "agentsite"

    def ready(self) -> None:
        """Every process can send Celery tasks, not only a worker."""
        from agentsite import celery  # noqa: F401
