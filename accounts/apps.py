"""App configuration."""

from importlib import import_module

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class AccountsConfig(AppConfig):
    """Users and their API tokens."""

    name = "accounts"

    def ready(self) -> None:
        """Register how the OpenAPI document describes our authentication."""
        import_module("accounts.api.schema")


class StaffAdminConfig(AdminConfig):
    """Django's admin on our own site, with the site's sign-in."""

    default_site = "accounts.staff.StaffSite"
