"""The REST API of runs: submit, list, read, cancel."""

from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from accounts.caller import caller_of
from accounts.credentials import access_check
from accounts.models import Scope
from accounts.throttling import SubmitThrottle
from billing.bill import ledger_lines, prompt_cache
from billing.money import format_usd
from billing.selectors.budgets import applying, states, tightest
from runs.api.asked import submission_of
from runs.api.filters import METADATA_PARAMETER, RunFilter
from runs.api.headers import SUBMITTED, budget_left
from runs.api.queries import EventQuery, SubmitQuery, idempotency_key, last_seen
from runs.api.serializers.event import EventsSerializer
from runs.api.serializers.ledger import LedgerSerializer
from runs.api.serializers.run import RunSerializer, described, run_bodies, run_body
from runs.api.serializers.step import StepSerializer
from runs.api.stream import event_stream
from runs.api.submission import SubmissionSerializer
from runs.api.watch import wait_for_end
from runs.details import Detail
from runs.models import Run, Step
from runs.selectors.cassette import cassette_of
from runs.selectors.journal import books
from runs.selectors.runs import metadata_asked, steps_of
from runs.selectors.stream import events_after
from runs.services import Submitted, cancel_run, submit_run
from runs.services.submit import Standing
from web.connections import in_request_thread
from web.late import LateApiView, LateResponse
from web.traces import traceparent_of
from web.views import ApiView, ListView

EVENTS_LIMIT = 1000
BUDGET_HEADER = "X-Budget-Remaining-USD"


def base_url(request: HttpRequest | Request) -> str:
    """This site's address, as the client used it."""
    return request.build_absolute_uri("/")


def own_run(request: Request, pk: UUID) -> Run:
    """The caller's run; Http404 for everyone else's."""
    run = Run.objects.visible_to(caller_of(request).user).filter(pk=pk).first()
    if run is None:
        raise Http404
    return run


def budget_headers(run: Run) -> dict[str, str]:
    """What is left under the tightest hard budget of the run; nothing without one."""
    found = states(
        applying(run.owner_id, run.api_token_id).filter(hard=True), simulated=run.simulated
    )
    tight = tightest(found)
    return left_header(tight.remaining_usd if tight else None)


def left_header(remaining_usd: Decimal | None) -> dict[str, str]:
    """What is left of the tightest hard budget; nothing without one."""
    return {} if remaining_usd is None else {BUDGET_HEADER: format_usd(remaining_usd)}


class RunListView(ListView[Run], LateApiView):
    """The caller's runs."""

    serializer_class = RunSerializer
    queryset = Run.objects.none()
    queries: ClassVar[dict[str, Any]] = {"POST": SubmitQuery}
    filter_backends = (DjangoFilterBackend,)
    filterset_class = RunFilter
    bulky = ("task", "answer", "config", "params", "metadata", "sources")
    orderings: ClassVar[dict[str, tuple[str, ...]]] = {
        "-created_at": ("-id",),
        "-cost_usd": ("-cost_usd", "-id"),
    }

    def get_throttles(self) -> list[BaseThrottle]:
        """Only submits are counted."""
        return [SubmitThrottle()]

    def get_queryset(self) -> QuerySet[Run]:
        """The caller's own."""
        return Run.objects.visible_to(caller_of(self.request).user)

    def query_parameters(self, method: str) -> set[str]:
        """Those of a user's own metadata, too."""
        names = super().query_parameters(method)
        return names if method == "POST" else {*names, *metadata_asked(self.request.query_params)}

    @extend_schema(
        operation_id="runs_list",
        parameters=[METADATA_PARAMETER],
        responses=RunSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """List runs, newest first."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response(run_bodies(list(page), base_url(request)))

    @extend_schema(
        operation_id="runs_create",
        request=SubmissionSerializer,
        parameters=[SubmitQuery, OpenApiParameter("Idempotency-Key", str, "header"), *SUBMITTED],
        responses={200: RunSerializer, 202: RunSerializer},
    )
    def post(self, request: Request) -> Response:
        """Submit a task. The run is stored before the answer is sent.

        With `wait`, the answer comes when the run has ended (200) or the time is up (202). A token
        without `runs:read` never waits, and is told only `id`, `status` and `links`.
        """
        wait = self.query(request)["wait"]
        submission = submission_of(request)
        caller = caller_of(request)
        submitted = submit_run(
            owner=caller.user,
            submission=submission,
            api_token=caller.token,
            idempotency_key=idempotency_key(request),
            traceparent=traceparent_of(request),
        )
        return accepted(request, submitted, wait=wait)


def shown(
    request: HttpRequest | Request, run: Run, standing: Standing | None = None
) -> dict[str, Any]:
    """The run; where the caller may not read it, only where it is and how far."""
    base = base_url(request)
    if standing is None:
        body = run_body(run, base)
    else:
        (body,) = described([run], base_url=base, places={run.pk: standing.place})
    caller = caller_of(request)
    if caller.may(Scope.RUNS_READ) and caller.user.pk == run.owner_id:
        return body
    return {name: body[name] for name in ("id", "status", "links")}


def told(
    request: HttpRequest | Request, submitted: Submitted
) -> tuple[dict[str, Any], dict[str, str]]:
    """The body and the headers that say what became of a submit."""
    run, standing = submitted.run, submitted.standing
    body = shown(request, run, standing)
    left = budget_headers(run) if standing is None else left_header(standing.remaining_usd)
    headers = {"Location": body["links"]["self"], **left}
    if submitted.replayed:
        headers["Idempotency-Replayed"] = "true"
    return body, headers


def accepted(request: Request, submitted: Submitted, *, wait: int) -> Response:
    """202, or a later 200 when the client waits."""
    run = submitted.run
    body, headers = told(request, submitted)
    if not wait or not caller_of(request).may(Scope.RUNS_READ):
        return Response(body, status=202, headers=headers)

    async def later() -> Response | None:
        if not run.ended and not await wait_for_end(run.pk, wait):
            return None
        # Who lost access meanwhile gets what was known when it was there.
        if not await in_request_thread(access_check(request))():
            return None
        return await in_request_thread(_ended)(run.pk, base_url(request))

    return LateResponse(body, status=202, headers=headers, later=later)


def _ended(pk: UUID, base: str) -> Response:
    run = Run.objects.get(pk=pk)
    return Response(run_body(run, base), headers=budget_headers(run))


class RunView(ApiView):
    """One of the caller's runs."""

    @extend_schema(
        operation_id="runs_retrieve", parameters=[budget_left(200)], responses=RunSerializer
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """Read a run."""
        run = own_run(request, pk)
        return Response(run_body(run, base_url(request)), headers=budget_headers(run))


class StepListView(ListView[Step]):
    """A run's LLM and tool calls."""

    serializer_class = StepSerializer
    queryset = Step.objects.none()
    orderings: ClassVar[dict[str, tuple[str, ...]]] = {"": ("id",)}
    bulky = ("request", "response")
    page_size = 100

    @extend_schema(operation_id="runs_steps", responses=StepSerializer(many=True))
    def get(self, request: Request, pk: UUID) -> Response:
        """List a run's calls in the order in which they began, with usage and cost of each."""
        run = own_run(request, pk)
        run.check_kept(Detail.STEPS)
        page: Any = self.paginate_queryset(steps_of(run))
        return self.get_paginated_response(StepSerializer(page, many=True).data)


class LedgerView(ApiView):
    """A run's bill."""

    @extend_schema(operation_id="runs_ledger", responses=LedgerSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Read the bill: a line per token bucket and charge. Its sum is the run's cost."""
        written = books(own_run(request, pk))
        bill = {
            "next": None,
            "previous": None,
            "results": ledger_lines(written.entries),
            "cost_usd": written.run_usd,
            "prompt_cache": prompt_cache(written.entries),
        }
        return Response(LedgerSerializer(bill).data)


class EventStreamRenderer(BaseRenderer):
    """Lets clients ask for `text/event-stream`; `event_stream` writes it."""

    media_type = "text/event-stream"
    format = "sse"


class EventListView(LateApiView):
    """A run's durable events."""

    queries: ClassVar[dict[str, Any]] = {"GET": EventQuery}
    renderer_classes = [JSONRenderer, EventStreamRenderer]

    @extend_schema(
        operation_id="runs_events",
        parameters=[EventQuery, OpenApiParameter("Last-Event-ID", int, "header")],
        responses={
            (200, "application/json"): EventsSerializer,
            (200, "text/event-stream"): OpenApiResponse(OpenApiTypes.STR),
            204: OpenApiResponse(description="As a stream: the run has ended, and all was read"),
        },
    )
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:
        """List the events after `after`; as Server-Sent Events, up to the run's end."""
        run = own_run(request, pk)
        run.check_kept(Detail.EVENTS)
        after = last_seen(request)
        if request.accepted_renderer.media_type == EventStreamRenderer.media_type:
            return self._stream(request, run, after)
        events, more = events_after(run.pk, after, EVENTS_LIMIT)
        following = None
        if more:
            following = request.build_absolute_uri(f"{request.path}?after={events[-1]['seq']}")
        return Response({"next": following, "previous": None, "results": events})

    def _stream(self, request: Request, run: Run, after: int) -> HttpResponseBase:
        if run.ended and after >= run.last_seq:
            # An EventSource comes back after every end but this one.
            return HttpResponse(status=204)
        if request.method == "HEAD":
            return HttpResponse(content_type=EventStreamRenderer.media_type)
        check = access_check(request)
        return event_stream(
            run.pk, after, last_seq=run.last_seq, user_id=run.owner_id, still_valid=check
        )


class CassetteView(ApiView):
    """A run's recorded calls."""

    @extend_schema(operation_id="runs_cassette", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """Download a run that has ended as a cassette, which the engine plays free of charge.

        409 while it goes on, and where it made no call since its answer came from the cache; 410
        once its steps, its task or its answer were deleted by age.
        """
        name = f'attachment; filename="run-{pk}.cassette.json"'
        return HttpResponse(
            cassette_of(own_run(request, pk)).dumps(),
            content_type="application/json",
            headers={"Content-Disposition": name},
        )


class CancelView(ApiView):
    """The end of a run, on request."""

    @extend_schema(operation_id="runs_cancel", request=None, responses={202: RunSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Cancel a run; asking twice is the same. 409 when it has succeeded or failed.

        A token without `runs:read` is told only `id`, `status` and `links`.
        """
        run = cancel_run(run=own_run(request, pk))
        return Response(shown(request, run), status=202)
