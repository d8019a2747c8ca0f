"""The pages that delete an account: one's own, and for staff anyone's."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.caller import caller_of, staff_of
from accounts.deletion import LastSuperuser, delete_account
from accounts.limits import account_limits
from accounts.models import User
from runs.models import Run
from runs.personal_data.forms import DeletionForm
from web.limited import limit_posts
from web.ratelimit import Limit


def _limits(request: HttpRequest) -> list[Limit]:
    return account_limits(caller_of(request), "password")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@limit_posts(_limits)
def delete_mine(request: HttpRequest) -> HttpResponseBase:
    """Delete the reader's own account, and sign out."""
    user = caller_of(request).user
    form = DeletionForm(_sent(request), user=user, by=user)
    if not _deleted(form, user):
        return _page(request, form, user, own=True)
    logout(request)
    return render(request, "runs/personal_data/deleted.html")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@limit_posts(_limits)
def delete_user(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Delete a user's account, for staff who may change users. Only a superuser deletes staff."""
    staff = staff_of(request)
    user = get_object_or_404(User, pk=pk, deleted_at=None)
    if user == staff:
        return redirect("runs:delete-account")
    if not staff.manages(user):
        raise Http404("You may not delete this account.")
    form = DeletionForm(_sent(request), user=user, by=staff)
    email = user.email
    if not _deleted(form, user):
        return _page(request, form, user, own=False)
    messages.success(request, f"The account of {email} is deleted.")
    return redirect("runs:operations")


def _sent(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _deleted(form: DeletionForm, user: User) -> bool:
    """Delete the account where the form allows it; else the form says why not."""
    if not form.is_valid():
        return False
    try:
        delete_account(user=user)
    except LastSuperuser as error:
        form.add_error(None, error.message)
        return False
    return True


def _page(request: HttpRequest, form: DeletionForm, user: User, *, own: bool) -> HttpResponse:
    context = {
        "form": form,
        "owner": user,
        "own": own,
        "open_runs": Run.objects.visible_to(user).active().count(),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "runs/personal_data/delete.html", context, status=status)
