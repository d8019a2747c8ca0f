"""App configuration."""

from importlib import import_module

from django.apps import AppConfig


class BillingConfig(AppConfig):
    """Prices, holds and the ledger."""

    name = "billing"
    verbose_name = "Money"

    def ready(self) -> None:
        """Listen for new users, and keep what staff change on record."""
        import_module("billing.new_users")
        import_module("billing.audited")
