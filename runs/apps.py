"""App configuration."""

from importlib import import_module

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Runs and their execution."""

    name = "runs"
    verbose_name = "Runs"

    def ready(self) -> None:
        """Listen for users who are switched off, and whose passwords are reset."""
        import_module("runs.deactivation")
        import_module("runs.webhooks.password_reset")
        import_module("runs.alerts.password_reset")
