"""The page of one's sessions."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.caller import caller_of
from accounts.devices import device_name
from accounts.sessions.selectors import sign_ins_of
from accounts.sessions.services import end_sessions
from accounts.sign_in_models import SignIn


@login_required
@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    """Where the reader is signed in."""
    rows = [
        {
            "sign_in": one,
            "device": device_name(one.device),
            "here": one.session_key == request.session.session_key,
        }
        for one in sign_ins_of(caller_of(request).user)
    ]
    return render(request, "accounts/sessions/list.html", {"sessions": rows})


@login_required
@require_POST
def end_session(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Sign one of the reader's browsers out."""
    one = get_object_or_404(SignIn, pk=pk, user=caller_of(request).user)
    end_sessions(sign_ins=SignIn.objects.filter(pk=one.pk))
    messages.success(request, f"Signed out: {device_name(one.device)}.")
    return redirect("accounts:sessions")


@login_required
@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    mine = SignIn.objects.filter(user=caller_of(request).user)
    count = end_sessions(sign_ins=mine.exclude(session_key=request.session.session_key or ""))
    messages.success(request, f"Signed out on {count} other device{'' if count == 1 else 's'}.")
    return redirect("accounts:sessions")
