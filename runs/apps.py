"""App configuration."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Runs and their execution."""

    name = "runs"
