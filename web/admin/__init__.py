"""What every app's pages in the admin are built on."""

from web.admin.confirming import confirmed
from web.admin.pages import Link, ReadOnlyAdmin, SiteAdmin

__all__ = ["Link", "ReadOnlyAdmin", "SiteAdmin", "confirmed"]
