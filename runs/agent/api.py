"""The plain agent API: the same submits as `/api/v1/runs/`, in the simplest shape."""

from typing import Any
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from accounts.caller import caller_of
from accounts.credentials import access_check
from accounts.models import Scope
from accounts.throttling import SubmitThrottle
from runs.agent.serializers import (
    AgentAnswerSerializer,
    AgentResultSerializer,
    AgentTaskSerializer,
    Outcome,
    OutcomeSerializer,
    QueuedSerializer,
)
from runs.api.queries import MAX_WAIT_S, idempotency_key
from runs.api.views import budget_headers, own_run
from runs.api.watch import wait_for_end
from runs.details import Detail
from runs.errors import InvalidSubmission
from runs.models import Run
from runs.services import submit_run
from web.connections import in_request_thread
from web.late import LateApiView, LateResponse
from web.traces import traceparent_of
from web.views import ApiView

KEY = OpenApiParameter("Idempotency-Key", str, "header")


class AgentRunView(LateApiView):
    """A task, and its result in the same answer."""

    def get_throttles(self) -> list[BaseThrottle]:
        """Every request is a submit."""
        return [SubmitThrottle()]

    @extend_schema(
        operation_id="agent_run",
        request=AgentTaskSerializer,
        parameters=[KEY],
        responses={200: AgentAnswerSerializer, 202: QueuedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Work on a task and answer with its result, which may be that it failed.

        After a minute the answer is 202, with the `task_id` to ask for. A token without
        `runs:read` has that at once.
        """
        run, answer = _submit(request)
        if not caller_of(request).may(Scope.RUNS_READ):
            return answer

        async def later() -> Response | None:
            if not run.ended and not await wait_for_end(run.pk, MAX_WAIT_S):
                return None
            if not await in_request_thread(access_check(request))():
                return None
            return await in_request_thread(_ended)(run.pk)

        headers = dict(answer.items())
        return LateResponse(answer.data, status=202, headers=headers, later=later)


class AgentSubmitView(ApiView):
    """A task whose result is asked for later."""

    def get_throttles(self) -> list[BaseThrottle]:
        """Every request is a submit."""
        return [SubmitThrottle()]

    @extend_schema(
        operation_id="agent_submit",
        request=AgentTaskSerializer,
        parameters=[KEY],
        responses={202: QueuedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Submit a task; it is stored before the answer is sent."""
        return _submit(request)[1]


class AgentResultView(ApiView):
    """What came of a task."""

    @extend_schema(operation_id="agent_result", responses=AgentResultSerializer)
    def get(self, request: Request, task_id: UUID) -> Response:
        """Tell how far a task is, and its result once it has ended."""
        run = own_run(request, task_id)
        if not run.ended:
            return Response({"status": "processing"})
        run.check_kept(Detail.ANSWER)
        return Response({"status": "completed", "result": OutcomeSerializer(Outcome(run)).data})


def _submit(request: Request) -> tuple[Run, Response]:
    """The stored run, and the answer that says where to ask for its end."""
    form = AgentTaskSerializer(data=request.data)
    form.is_valid(raise_exception=True)
    caller = caller_of(request)
    try:
        submitted = submit_run(
            owner=caller.user,
            submission=form.submission(),
            api_token=caller.token,
            idempotency_key=idempotency_key(request),
            traceparent=traceparent_of(request),
        )
    except InvalidSubmission as error:
        if error.field and error.field.startswith("params."):
            # The client knows it by this name only.
            error.field = "max_iterations"
        raise
    run = submitted.run
    where = request.build_absolute_uri(reverse("agent:result", args=[run.pk]))
    headers = {"Location": where, **budget_headers(run)}
    if submitted.replayed:
        headers["Idempotency-Replayed"] = "true"
    body: dict[str, Any] = {"task_id": str(run.pk), "status": "queued"}
    return run, Response(body, status=202, headers=headers)


def _ended(pk: UUID) -> Response:
    run = Run.objects.get(pk=pk)
    return Response(AgentAnswerSerializer(Outcome(run)).data, headers=budget_headers(run))
