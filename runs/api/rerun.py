"""The REST API of running the same again, or nearly."""

from dataclasses import replace
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from accounts.caller import caller_of
from accounts.models import Scope
from accounts.permissions import check_scopes
from accounts.throttling import SubmitThrottle
from runs.api.headers import SUBMITTED
from runs.api.queries import SubmitQuery, idempotency_key
from runs.api.serializers.run import RunSerializer
from runs.api.submission import AskedSerializer, Text
from runs.api.views import accepted, own_run
from runs.models import Run
from runs.services import Submission, submit_run
from runs.spec import same_again
from web.late import LateApiView
from web.traces import traceparent_of

# Another pattern has others.
OF_A_PATTERN: dict[str, Any] = {"params": {}, "prompts": {}, "prompt_set": ""}


class RerunSerializer(AskedSerializer):
    """What is to be other than in the run; what is left out stays as it is there."""

    task = Text(required=False, allow_blank=True)

    def submission_after(self, run: Run) -> Submission:
        """The run's own fields with those of the body in their place."""
        base, pattern = same_again(run), self.validated_data.get("pattern")
        if pattern not in (None, run.pattern):
            base = replace(base, **OF_A_PATTERN)
        return self.submission(base)


class RerunView(LateApiView):
    """A new run of the same input."""

    queries: ClassVar[dict[str, Any]] = {"POST": SubmitQuery}

    def get_throttles(self) -> list[BaseThrottle]:
        """It is a submit."""
        return [SubmitThrottle()]

    @extend_schema(
        operation_id="runs_rerun",
        request=RerunSerializer,
        parameters=[SubmitQuery, OpenApiParameter("Idempotency-Key", str, "header"), *SUBMITTED],
        responses={200: RunSerializer, 202: RunSerializer},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Submit the run's input again, with the fields of the body changed.

        It answers as a submit does. The answer isn't taken from the cache unless `cache` is `use`.
        """
        wait, caller = self.query(request)["wait"], caller_of(request)
        check_scopes(caller, [Scope.RUNS_READ])
        form = RerunSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        submitted = submit_run(
            owner=caller.user,
            submission=form.submission_after(own_run(request, pk)),
            api_token=caller.token,
            idempotency_key=idempotency_key(request),
            traceparent=traceparent_of(request),
        )
        return accepted(request, submitted, wait=wait)
