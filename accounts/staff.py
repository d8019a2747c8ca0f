"""The admin site: unfold's, behind the site's own sign-in."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_update
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from unfold.sites import UnfoldAdminSite

# Unfold comes with Alpine's standard build, which evaluates attributes, and with inline styles.
LOOSER = {"script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}


class StaffSite(UnfoldAdminSite):  # type: ignore[misc]
    """Staff sign in where everyone does, under the same rate limits."""

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:
        """Send who isn't signed in to the sign-in page; refuse who isn't staff."""
        response: HttpResponseBase = secure_admin_login(super().login)(request, extra_context)
        return response

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Loosen the content security policy, for these pages only."""
        return csp_update(LOOSER)(super().admin_view(view, cacheable))
