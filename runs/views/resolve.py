"""Staff say what a call in doubt cost."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from billing.errors import NotInDoubt
from billing.models import LedgerEntry
from billing.templatetags.money import usd
from runs.errors import InvalidSubmission
from runs.forms import ResolveForm
from runs.selectors.ops import open_lines, with_reasons
from runs.services import resolve_doubt
from runs.views.access import reader, require_staff


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def resolve(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Show the line in doubt; or replace it by what is known."""
    require_staff(request)
    entry = open_lines().filter(pk=entry_id).first()
    if entry is None:
        get_object_or_404(LedgerEntry, pk=entry_id)
        messages.info(request, "This call is no longer in doubt.")
        return redirect("runs:ops")
    form = ResolveForm(request.POST or None)
    if form.is_valid() and (response := _resolve(request, entry, form)):
        return response
    (doubt,) = with_reasons([entry])
    context = {"entry": entry, "why": doubt.why, "form": form}
    return render(request, "runs/resolve.html", context, status=422 if form.errors else 200)


def _resolve(request: HttpRequest, entry: LedgerEntry, form: ResolveForm) -> HttpResponse | None:
    """None when the service refuses a field, which the form then shows."""
    reason = form.cleaned_data["reason"]
    try:
        amount = resolve_doubt(entry=entry, by=reader(request), reason=reason, known=form.known())
    except InvalidSubmission as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return None
    except NotInDoubt:
        messages.info(request, "This call is no longer in doubt.")
    else:
        messages.success(request, f"Resolved at {usd(amount)}.")
    return redirect("runs:ops")
