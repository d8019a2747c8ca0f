"""The audit log for staff, its CSV, and one's own part of it."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.audit.forms import FilterForm
from accounts.audit.presenter import COLUMNS, TEXTS, changes, csv_rows
from accounts.audit.record import record
from accounts.audit.selectors import Named, Wanted, all_of, entries, own_entries, page_of
from accounts.audit_models import Action
from accounts.caller import caller_of, staff_of
from accounts.devices import device_name
from web.csv_lines import csv_lines
from web.downloads import download


def _shown(rows: list[Named]) -> list[dict[str, Any]]:
    return [
        {
            "entry": row.entry,
            "actor": row.actor,
            "user": row.user,
            "device": device_name(row.entry.device) if row.entry.device else "",
            "token": row.token,
            "changes": changes(row.entry.before, row.entry.after, row.tokens),
        }
        for row in rows
    ]


@login_required
@require_safe
def audit_log(request: HttpRequest) -> HttpResponse:
    """Who did what, newest first."""
    staff_of(request)
    form = FilterForm(request.GET or None)
    valid = form.is_valid()
    context: dict[str, Any] = {"form": form, "entries": [], "query": ""}
    if valid or not form.is_bound:
        found = entries(form.wanted() if valid else Wanted())
        rows, more = page_of(found, form.cleaned_data["before"] if valid else None)
        asked = {name: value for name, value in request.GET.items() if name in form.fields}
        asked.pop("before", None)
        context |= {
            "entries": _shown(rows),
            "query": urlencode(asked),
            "older": urlencode({**asked, "before": more}) if more else "",
        }
    status = 422 if form.errors else 200
    return render(request, "accounts/audit/log.html", context, status=status)


@login_required
@require_safe
def audit_csv(request: HttpRequest) -> HttpResponseBase:
    """All entries that the same query asks for."""
    staff_of(request)
    form = FilterForm(request.GET)
    if not form.is_valid():
        return audit_log(request)
    record(Action.DATA_DOWNLOADED, about=("audit log", ""))
    lines = csv_lines(csv_rows(all_of(entries(form.wanted()))), COLUMNS, TEXTS)
    return download(request, lines, content_type="text/csv", name="audit.csv")


@login_required
@require_safe
def activity(request: HttpRequest) -> HttpResponse:
    """What happened to one's account, and what one did."""
    form = FilterForm({"before": request.GET.get("before", "")})
    before = form.cleaned_data["before"] if form.is_valid() else None
    rows, more = page_of(own_entries(caller_of(request).user), before)
    context = {"entries": _shown(rows), "older": f"before={more}" if more else ""}
    return render(request, "accounts/audit/activity.html", context)
