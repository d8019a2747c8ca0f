"""App configuration; the app holds the management commands of the whole site."""

from django.apps import AppConfig


class AgentsiteConfig(AppConfig):
    """The site itself."""

    name = "agentsite"
