"""The admin site: unfold's, behind the site's own sign-in."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_update
from django.contrib import admin
from django.contrib.admin.actions import delete_selected
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from unfold.sites import UnfoldAdminSite

from accounts.audit.record import record
from accounts.audit_models import Action

# Unfold comes with Alpine's standard build, which evaluates attributes, and with inline styles.
LOOSER = {"script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}


@admin.action(permissions=["delete"], description="Delete selected %(verbose_name_plural)s")
@transaction.atomic
def delete_chosen(
    of_model: Any, request: HttpRequest, chosen: QuerySet[Any]
) -> HttpResponse | None:
    """Django's own; several at once it logs without a signal, so that they are recorded here."""
    rows = [(str(row._meta.verbose_name), str(row.pk)) for row in chosen]
    answer: HttpResponse | None = delete_selected(of_model, request, chosen)
    if answer is None and len(rows) > 1:
        for about in rows:
            record(Action.ADMIN_CHANGE, about=about, after={"flag": "Deletion", "what": ""})
    return answer


class StaffSite(UnfoldAdminSite):  # type: ignore[misc]
    """Staff sign in where everyone does, under the same rate limits."""

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.empty_value_display = "—"
        self.add_action(delete_chosen, "delete_selected")

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:
        """Send who isn't signed in to the sign-in page; refuse who isn't staff."""
        response: HttpResponseBase = secure_admin_login(super().login)(request, extra_context)
        return response

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Loosen the content security policy, for these pages only."""
        return csp_update(LOOSER)(super().admin_view(view, cacheable))
