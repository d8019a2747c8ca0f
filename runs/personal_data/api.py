"""A user's data over the API."""

from typing import ClassVar

from django.http import Http404, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from accounts.audit.record import record
from accounts.audit_models import Action
from accounts.caller import caller_of
from accounts.models import Scope, User
from accounts.permissions import check_scopes
from billing.api.views import StaffView
from runs.personal_data.export import exported
from web.downloads import JSON_LINES, LinesView, download

LINES = {(200, JSON_LINES): OpenApiResponse(OpenApiTypes.STR)}


def downloaded(request: Request, user: User) -> StreamingHttpResponse:
    """All that the site has of a user, as a file."""
    record(Action.DATA_DOWNLOADED, user_id=user.pk, about=user)
    name = f"agentsite-user-{user.pk}.jsonl"
    return download(request._request, exported(user), content_type=JSON_LINES, name=name)


class MyDataView(LinesView):
    """The caller's data."""

    required_scopes: ClassVar[dict[str, str]] = {"GET": Scope.RUNS_READ}

    @extend_schema(operation_id="my_data", responses=LINES)
    def get(self, request: Request) -> StreamingHttpResponse:
        """Download all that this site has of you: a record a line, as JSON that names its kind.

        The token needs `usage:read` too. The last line, `end`, counts the others: a file without
        it was cut.
        """
        caller = caller_of(request)
        check_scopes(caller, [Scope.USAGE_READ])
        return downloaded(request, caller.user)


class UserDataView(LinesView, StaffView):
    """Anyone's data, for staff who may change users in the admin. Each download is recorded."""

    @extend_schema(operation_id="admin_user_data", responses=LINES)
    def get(self, request: Request, pk: int) -> StreamingHttpResponse:
        """Download all that this site has of a user, as the user may.

        403 for staff who may not change users in the admin, and of staff for all but superusers.
        """
        user = User.objects.filter(pk=pk).first()
        if user is None:
            raise Http404
        if not caller_of(request).user.manages(user):
            raise PermissionDenied("You may not download this user's data.")
        return downloaded(request, user)
