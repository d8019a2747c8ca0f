"""Staff say what a call in doubt cost."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.caller import caller_of, staff_of
from billing.errors import NotInDoubt
from billing.models import LedgerEntry
from billing.templatetags.money import usd
from runs.errors import InvalidSubmission
from runs.operations.forms import ResolveForm
from runs.operations.selectors.doubts import open_doubt
from runs.services import resolve_doubt
from web.database_clock import database_time


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def resolve(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Show the line in doubt; or replace it by what is known."""
    staff_of(request)
    doubt = open_doubt(entry_id, database_time())
    if doubt is None:
        get_object_or_404(LedgerEntry, pk=entry_id)
        messages.info(request, "This call is no longer in doubt.")
        return redirect("runs:operations")
    form = ResolveForm(request.POST or None)
    if form.is_valid() and (response := _resolve(request, doubt.entry, form)):
        return response
    context = {"entry": doubt.entry, "why": doubt.why, "form": form}
    return render(
        request, "runs/operations/resolve.html", context, status=422 if form.errors else 200
    )


def _resolve(request: HttpRequest, entry: LedgerEntry, form: ResolveForm) -> HttpResponse | None:
    """None when the service refuses a field, which the form then shows."""
    reason = form.cleaned_data["reason"]
    try:
        amount = resolve_doubt(
            entry=entry, by=caller_of(request).user, reason=reason, known=form.known()
        )
    except InvalidSubmission as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return None
    except NotInDoubt:
        messages.info(request, "This call is no longer in doubt.")
    else:
        messages.success(request, f"Resolved at {usd(amount)}.")
    return redirect("runs:operations")
