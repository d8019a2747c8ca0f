"""The page of an invoice, made to be printed."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.caller import caller_of
from billing.invoices.selectors import invoice_of, kinds_of_month
from billing.money import fraction_digits
from billing.months import zone_of
from web.public import public_name
from web.snapshot import one_snapshot


@login_required
@require_safe
def latest_invoice(request: HttpRequest) -> HttpResponse:
    """This month's, which is not over yet."""
    now = datetime.now(ZoneInfo(zone_of(caller_of(request).user)))
    return redirect("billing:invoice", now.date())


@login_required
@require_safe
@one_snapshot
def invoice(request: HttpRequest, month: date) -> HttpResponse:
    """The reader's month. Real and simulated dollars apart: of both, the real ones unless asked."""
    user = caller_of(request).user
    kinds = kinds_of_month(user, month)
    simulated = kinds == {True} or request.GET.get("dollars") == "simulated"
    found = invoice_of(user, month, simulated=simulated)
    context = {
        "invoice": found,
        "both": len(kinds) == 2,
        "digits": max((fraction_digits(line.amount_usd) for line in found.lines), default=4),
        "site": public_name(request),
        "dollars": "?dollars=simulated" if simulated else "",
        "last_day": found.month.last,
    }
    return render(request, "billing/invoices/page.html", context)
