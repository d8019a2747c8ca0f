"""The REST API for staff: the state of the site, the intake of runs, and a user's runs."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.caller import caller_of
from accounts.models import User
from billing.api.views import StaffView
from runs.api.submission import Text
from runs.operations.api_body import IntakeSerializer, OpsSerializer, intake_body, ops_body
from runs.services.cancel import cancel_runs_of
from runs.services.intake import MAX_REASON, set_intake
from web.serializers import StrictSerializer


class OpsView(StaffView):
    """The state of the site."""

    @extend_schema(operation_id="admin_ops", responses=OpsSerializer)
    def get(self, request: Request) -> Response:
        """Read spend, queue, workers, models and what is wrong, as the operations page does."""
        return Response(ops_body())


class IntakeChangeSerializer(StrictSerializer[Any]):
    """Pause, with the reason that users read, or take new runs in again."""

    paused = serializers.BooleanField()
    reason = Text(required=False, default="", allow_blank=True, max_length=MAX_REASON)


class IntakeView(StaffView):
    """The intake of new runs."""

    @extend_schema(
        operation_id="admin_intake", request=IntakeChangeSerializer, responses=IntakeSerializer
    )
    def post(self, request: Request) -> Response:
        """Pause the intake of new runs, or end the pause. Runs that are there go on.

        Meanwhile each submit is answered 503 `unavailable`, with the reason.
        """
        form = IntakeChangeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        change = set_intake(by=caller_of(request).user, **form.validated_data)
        return Response(intake_body(change))


class CancelledSerializer(serializers.Serializer[Any]):
    """How many runs were asked to end."""

    cancelled = serializers.IntegerField()


class CancelRunsView(StaffView):
    """A user's active runs."""

    @extend_schema(
        operation_id="admin_cancel_runs", request=None, responses={202: CancelledSerializer}
    )
    def post(self, request: Request, pk: int) -> Response:
        """Cancel all of a user's runs that have not ended; asked again, there are none left."""
        user = User.objects.filter(pk=pk).first()
        if user is None:
            raise Http404
        count = cancel_runs_of(owner=user, by=caller_of(request).user)
        return Response({"cancelled": count}, status=202)
