"""What the API shows. `run_body` is the one JSON shape of a run."""

from typing import Any
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.api.fields import UsdField
from billing.bill import BUCKETS
from billing.models import Confidence
from runs.models import Run, Step
from runs.selectors.queue import Place, queue_places
from runs.states import AnswerKind, Status, StepStatus
from web.serializers import EnvelopeSerializer, ObjectField


class UsageSerializer(serializers.Serializer[Run]):
    """Tokens as OpenAI counts them: input includes cached, output includes reasoning."""

    input_tokens = serializers.IntegerField()
    cached_input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    reasoning_tokens = serializers.IntegerField()


class RunUsageSerializer(UsageSerializer):
    """A run's tokens and calls, without those in doubt."""

    llm_calls = serializers.IntegerField()
    tool_calls = serializers.IntegerField()


class ErrorSerializer(serializers.Serializer[Any]):
    """Why a run or a step failed."""

    code = serializers.CharField()
    message = serializers.CharField()


class RunErrorSerializer(ErrorSerializer):
    """Why a run failed; a `budget_exceeded` has the figures of the limit that refused it."""

    scope = serializers.CharField(required=False)
    window = serializers.CharField(required=False, allow_null=True)
    timezone = serializers.CharField(required=False, allow_null=True)
    limit_usd = serializers.CharField(required=False)
    settled_usd = serializers.CharField(required=False)
    held_usd = serializers.CharField(required=False)
    requested_usd = serializers.CharField(required=False)
    resets_at = serializers.CharField(required=False, allow_null=True)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Only what the error has."""
        shown = super().to_representation(instance)
        return {name: value for name, value in shown.items() if name in instance}


class RoutingSerializer(serializers.Serializer[Run]):
    """Which model was asked for, which one was chosen, and why."""

    requested = serializers.CharField(source="model")
    chosen = serializers.CharField(source="chosen_model")
    reason = serializers.CharField(source="routing_reason")


class QueueSerializer(serializers.Serializer[Place]):
    """The place in the fair queue, from 1; `starts_in_s` is null while nothing is known."""

    position = serializers.IntegerField()
    starts_in_s = serializers.FloatField(allow_null=True)


class LinksSerializer(serializers.Serializer[Any]):
    """Where to go from here."""

    self = serializers.CharField()
    events = serializers.CharField()
    cancel = serializers.CharField()
    html = serializers.CharField()


class RunSerializer(serializers.Serializer[Run]):
    """A run. Context: `queue` (places by run id) and `base_url` (empty: relative links)."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(Status.choices)
    task = serializers.CharField()
    pattern = serializers.CharField()
    model = serializers.CharField()
    params = ObjectField()
    tools = serializers.ListField(child=serializers.CharField())
    answer = serializers.CharField(allow_null=True)
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
        read_only=True, default=False, help_text="False: each run buys its own answer."
    )
    routing = RoutingSerializer(source="*")
    attempt = serializers.IntegerField()
    max_cost_usd = UsdField(allow_null=True)
    metadata = serializers.DictField(child=serializers.CharField())
    simulated = serializers.BooleanField()
    queue = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    links = serializers.SerializerMethodField()

    @extend_schema_field(QueueSerializer(allow_null=True))
    def get_queue(self, run: Run) -> dict[str, Any] | None:
        """Null unless the run waits in the queue."""
        place = self.context["queue"].get(run.pk)
        return None if place is None else dict(QueueSerializer(place).data)

    @extend_schema_field(LinksSerializer)
    def get_links(self, run: Run) -> dict[str, str]:
        """The addresses of this run."""
        names = {
            "self": "api:run-detail",
            "events": "api:run-events",
            "cancel": "api:run-cancel",
            "html": "runs:detail",
        }
        base = self.context["base_url"]
        return {key: base + reverse(name, args=[run.pk]) for key, name in names.items()}


def run_bodies(runs: list[Run], base_url: str = "") -> list[dict[str, Any]]:
    """Runs as the API shows them; at most one query, for places in the queue."""
    places: dict[UUID, Place] = queue_places(runs)
    for run in runs:
        if run.status == Status.QUEUED and run.pk not in places:
            # A worker claimed it between the two reads.
            run.refresh_from_db()
    context = {"queue": places, "base_url": base_url.rstrip("/")}
    return list(RunSerializer(runs, many=True, context=context).data)  # type: ignore[arg-type]


def run_body(run: Run, base_url: str = "") -> dict[str, Any]:
    """One run as the API shows it."""
    return run_bodies([run], base_url)[0]


class StepSerializer(serializers.Serializer[Step]):
    """One attempt of an LLM or tool call: what was sent, what came back, what it cost."""

    key = serializers.CharField()
    attempt = serializers.IntegerField()
    kind = serializers.ChoiceField(Step.Kind.choices)
    label = serializers.CharField()  # type: ignore[assignment]
    status = serializers.ChoiceField(StepStatus.choices)
    usage = UsageSerializer(source="*")
    cost_usd = UsdField()
    confidence = serializers.ChoiceField(Confidence.choices)
    replayed = serializers.BooleanField()
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    duration_ms = serializers.IntegerField(allow_null=True)
    request = ObjectField()
    response = ObjectField(allow_null=True)
    error = ErrorSerializer(allow_null=True)


class LedgerLineSerializer(serializers.Serializer[Any]):
    """A token bucket of one charge: quantity x unit price / 1,000,000 = amount."""

    entry = serializers.IntegerField()
    step_key = serializers.CharField()
    attempt = serializers.IntegerField()
    model = serializers.CharField()
    bucket = serializers.ChoiceField(list(BUCKETS))
    quantity = serializers.IntegerField()
    unit_price_usd = UsdField(source="unit_price", help_text="US dollars per million tokens.")
    amount_usd = UsdField(source="amount")
    price_source = serializers.CharField()
    confidence = serializers.ChoiceField(Confidence.choices)
    reverses = serializers.IntegerField(
        allow_null=True, help_text="The entry that this negative line takes back."
    )
    simulated = serializers.BooleanField()
    charged_at = serializers.DateTimeField()


class LedgerSerializer(EnvelopeSerializer):
    """A run's bill. `cost_usd` is the run's; the lines' amounts add up to it exactly."""

    results = LedgerLineSerializer(many=True)
    cost_usd = UsdField()


class EventSerializer(serializers.Serializer[Any]):
    """One durable event; `seq` counts from 1 without gaps."""

    seq = serializers.IntegerField()
    type = serializers.CharField()
    at = serializers.DateTimeField()
    data = ObjectField()  # type: ignore[assignment]


class EventsSerializer(EnvelopeSerializer):
    """Events in order; `next` is null when these were the last ones so far."""

    results = EventSerializer(many=True)
