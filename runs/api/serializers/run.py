"""The run: `run_body` is its one JSON shape."""

import threading
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.api.fields import UsdField
from billing.selectors.spend import cache_writes
from runs.api.serializers.run_parts import (
    KEPT,
    FeedbackSerializer,
    ForkedSerializer,
    LinksSerializer,
    QueueSerializer,
    RoutingSerializer,
    RunErrorSerializer,
    RunUsageSerializer,
)
from runs.models import Run
from runs.selectors.queue import Place, queue_places
from runs.states import AnswerKind, Status, WhenOutOfMoney
from web.serializers import ObjectField, PlainSerializer

NO_ID = str(UUID(int=0))


class RunSerializer(PlainSerializer[Run]):
    """A run, as its owner reads it."""

    # Of its context: `queue` has places and `written` cache writes, both by run id; without a
    # `base_url`, links are relative.
    id = serializers.UUIDField()
    status = serializers.ChoiceField(Status.choices)
    task = serializers.CharField()
    pattern = serializers.CharField()
    model = serializers.CharField()
    params = ObjectField()
    tools = serializers.ListField(child=serializers.CharField())
    reasoning_effort = serializers.CharField(source="config.reasoning_effort", default="")
    verbosity = serializers.CharField(source="config.verbosity", default="")
    prompt_set = serializers.CharField(
        allow_null=True, help_text="The `name@number` from which some of its prompts are."
    )
    answer = serializers.CharField(allow_null=True)
    answer_json = ObjectField(
        allow_null=True,
        help_text="The answer as an object, where it was to fit `answer_schema` and does.",
    )
    answer_schema = ObjectField(allow_null=True, help_text="As it is held to; null: any text.")
    answer_kind = serializers.ChoiceField(AnswerKind.choices)
    stop_reason = serializers.CharField()
    error = RunErrorSerializer(allow_null=True)
    sources = serializers.ListField(child=ObjectField())
    warnings = serializers.ListField(child=serializers.CharField())
    usage = RunUsageSerializer(source="*")
    cost_usd = UsdField()
    in_doubt_usd = UsdField()
    saved_usd = UsdField()
    cache_hit = serializers.BooleanField(
        help_text="True: the answer is an equal run's, `links.paid_by`, and cost nothing."
    )
    routing = RoutingSerializer(source="*")
    fork = serializers.SerializerMethodField()
    attempt = serializers.IntegerField()
    max_cost_usd = UsdField(allow_null=True)
    when_out_of_money = serializers.ChoiceField(WhenOutOfMoney.choices)
    awaiting = ObjectField(
        allow_null=True,
        help_text="What it waits for: the data of its last `run.awaiting`. Null while it doesn't.",
    )
    metadata = serializers.DictField(child=serializers.CharField())
    tags = serializers.ListField(child=serializers.CharField())
    session_id = serializers.CharField()
    customer = serializers.CharField()
    feedback = serializers.SerializerMethodField()
    traceparent = serializers.CharField(help_text="The span that submitted it; or empty.")
    simulated = serializers.BooleanField()
    deleted_details = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="Which of `steps`, `events`, `answer` and `task` were deleted, each with after "
        "how many days; empty: none.",
    )
    queue = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    links = serializers.SerializerMethodField()

    @extend_schema_field(QueueSerializer(allow_null=True))
    def get_queue(self, run: Run) -> dict[str, Any] | None:
        """Null unless the run waits in the queue."""
        place = self.context["queue"].get(run.pk)
        return None if place is None else KEPT.queue.to_representation(place)

    @extend_schema_field(ForkedSerializer(allow_null=True))
    def get_fork(self, run: Run) -> dict[str, Any] | None:
        """Null unless the run took over steps of another one."""
        return dict(ForkedSerializer(run).data) if run.fork_step else None

    @extend_schema_field(FeedbackSerializer(allow_null=True))
    def get_feedback(self, run: Run) -> dict[str, Any] | None:
        """Null until there is some."""
        return None if run.feedback is None else dict(FeedbackSerializer(run).data)

    @extend_schema_field(LinksSerializer)
    def get_links(self, run: Run) -> dict[str, str | None]:
        """The addresses of this run, and of the one that paid for it."""
        own = str(run.pk)
        base = self.context["base_url"]
        links = {name: base + address.replace(NO_ID, own) for name, address in _addresses().items()}
        payer = base + _addresses()["self"].replace(NO_ID, str(run.paid_by_id))
        return {**links, "paid_by": payer if run.paid_by_id else None}


@cache
def _addresses() -> dict[str, str]:
    """Those of a run by what they are for, with `NO_ID` where its id goes."""
    names = {
        "self": "api:run-detail",
        "events": "api:run-events",
        "cancel": "api:run-cancel",
        "html": "runs:detail",
    }
    return {key: reverse(name, args=[NO_ID]) for key, name in names.items()}


class _Kept(threading.local):
    """To build a serializer takes longer than to use it: each thread keeps one."""

    def __init__(self) -> None:
        self.run = RunSerializer()


_kept = _Kept()


def described(
    runs: Iterable[Run],
    *,
    base_url: str,
    places: Mapping[UUID, Place],
    written: Mapping[UUID, int] = MappingProxyType({}),
) -> list[dict[str, Any]]:
    """Runs as the API shows them, with what is known beside their rows. Asks no database."""
    form = _kept.run
    form._context = {"queue": places, "written": written, "base_url": base_url.rstrip("/")}
    return [form.to_representation(run) for run in runs]


def run_bodies(runs: list[Run], base_url: str = "") -> list[dict[str, Any]]:
    """Runs as the API shows them; two queries, for places in the queue and for cache writes."""
    places: dict[UUID, Place] = queue_places(runs)
    for run in runs:
        if run.status == Status.QUEUED and run.pk not in places:
            # A worker claimed it between the two reads.
            run.refresh_from_db()
    written = cache_writes(run.pk for run in runs if run.input_tokens)
    return described(runs, base_url=base_url, places=places, written=written)


def run_body(run: Run, base_url: str = "") -> dict[str, Any]:
    """One run as the API shows it."""
    return run_bodies([run], base_url)[0]
