"""App configuration."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.contrib.admin import autodiscover
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core.checks import CheckMessage, Tags, register


class AccountsConfig(AppConfig):
    """Users and their API tokens."""

    name = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        """Record what the audit log keeps of this app and of the admin."""
        import_module("accounts.audit.signals")
        import_module("accounts.mfa.signals")
        import_module("accounts.sessions.signals")


class StaffAdminConfig(SimpleAdminConfig):
    """Django's admin on our own site, with the site's sign-in.

    Its pages are loaded where they are served (`agentsite.urls`) or checked, and by no worker.
    """

    default_site = "accounts.staff.StaffSite"

    def ready(self) -> None:
        """Check what Django's own configuration checks."""
        register(check_dependencies, Tags.admin)
        register(check_pages, Tags.admin)


def check_pages(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """Check the pages of all apps."""
    autodiscover()
    return check_admin_app(app_configs, **options)
