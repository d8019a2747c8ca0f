"""Pages for staff: bills held against the ledger, and what came of each."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.caller import caller_of, staff_of
from runs.reconcile.forms import ReconcileForm
from runs.reconcile.presenter import KINDS, bucket_rows, shown
from runs.reconcile.selectors import buckets_of, reconciliations

SHOWN = 50
REFRESH_S = "2"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def bills(request: HttpRequest) -> HttpResponse:
    """The history, and a form for the next one."""
    staff_of(request)
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    form = ReconcileForm(*given)
    if form.is_bound and form.is_valid() and (one := form.ask(caller_of(request).user)):
        return redirect("runs:bill", one.pk)
    context = {"form": form, "bills": reconciliations()[:SHOWN], "kinds": KINDS.values()}
    status = 422 if form.errors else 200
    return render(request, "runs/reconcile/list.html", context, status=status)


@login_required
@require_safe
def bill(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One comparison, which refreshes itself until it has ended."""
    staff_of(request)
    one = get_object_or_404(reconciliations(), pk=pk)
    everything = request.GET.get("all") == "1"
    page = Paginator(buckets_of(one, differing=not everything), SHOWN).get_page(
        request.GET.get("page")
    )
    context = {
        "bill": one,
        "shown": shown(one) if one.has_compared else None,
        "page": page,
        "bucket_rows": bucket_rows(page.object_list),
        "everything": everything,
    }
    response = render(request, "runs/reconcile/bill.html", context)
    if not one.has_ended:
        response["Refresh"] = REFRESH_S
    return response
