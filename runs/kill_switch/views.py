"""The pages of kill switches: pulling one, its receipt, and lifting it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.caller import caller_of, staff_of
from runs.errors import InvalidSubmission
from runs.kill_switch.forms import PullForm
from runs.kill_switch.presenter import name_of, seconds
from runs.models import KillSwitch
from runs.selectors.kill_switches import all_switches, receipt_of, recent_switches
from runs.services.kill_switch import lift, pull


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def kill_switches(request: HttpRequest) -> HttpResponse:
    """Those there are, and the next one; a POST pulls it."""
    staff_of(request)
    form = PullForm(request.POST or None, initial=_named_in(request))
    if form.is_valid() and (switch := _pulled(request, form)):
        messages.success(request, f"Stopped: {name_of(switch)}.")
        return redirect("runs:kill-switch", switch.pk)
    known = [{"switch": switch, "name": name_of(switch)} for switch in recent_switches()]
    context = {"form": form, "switches": known}
    status = 422 if form.errors else 200
    return render(request, "runs/kill_switch/list.html", context, status=status)


@login_required
@require_safe
def kill_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """The receipt."""
    staff_of(request)
    return render(request, "runs/kill_switch/receipt.html", _receipt(_found(pk)))


@login_required
@require_POST
def lift_kill_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Take runs in again."""
    staff_of(request)
    switch = lift(switch=_found(pk), by=caller_of(request).user)
    messages.success(request, f"Lifted: {name_of(switch)}.")
    return redirect("runs:kill-switch", switch.pk)


def _named_in(request: HttpRequest) -> dict[str, str]:
    """What a link from another page names."""
    names = ("scope", "user", "token", "pattern")
    return {name: request.GET[name] for name in names if name in request.GET}


def _pulled(request: HttpRequest, form: PullForm) -> KillSwitch | None:
    """The switch; None where the service refuses a field, which the form then shows."""
    try:
        return pull(by=caller_of(request).user, **form.target())
    except InvalidSubmission as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return None


def _found(pk: int) -> KillSwitch:
    return get_object_or_404(all_switches(), pk=pk)


def _receipt(switch: KillSwitch) -> dict[str, Any]:
    receipt = receipt_of(switch)
    kinds = [("Real", receipt.real), ("Simulated", receipt.simulated)]
    return {
        "switch": switch,
        "name": name_of(switch),
        "receipt": receipt,
        "statuses": sorted(receipt.runs.items()),
        "dollars": [(label, sums) for label, sums in kinds if sums.held] or kinds[:1],
        "stopped_after": seconds(receipt.stopped_after),
        "last_byte_after": seconds(receipt.last_byte_after),
    }
