"""What the API shows. `run_body` is the one JSON shape of a run."""

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
from billing.bill import BUCKETS
from billing.models import Confidence
from billing.selectors.spend import cache_writes
from runs.models import Run, Step
from runs.selectors.queue import Place, queue_places
from runs.states import AnswerKind, Status, StepStatus, WhenOutOfMoney
from web.serializers import EnvelopeSerializer, ObjectField, PlainSerializer

NO_ID = str(UUID(int=0))


class UsageSerializer(PlainSerializer[Run]):
    """Tokens as OpenAI counts them: input includes cached, output includes reasoning."""

    input_tokens = serializers.IntegerField()
    cached_input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    reasoning_tokens = serializers.IntegerField()


class RunUsageSerializer(UsageSerializer):
    """A run's tokens and calls, without those in doubt."""

    cache_write_tokens = serializers.SerializerMethodField(
        help_text="Input that the provider stored in its prompt cache; a part of `input_tokens`."
    )
    prompt_cache_hit_rate = serializers.FloatField(
        allow_null=True, help_text="`cached_input_tokens` of `input_tokens`, from 0 to 1."
    )
    llm_calls = serializers.IntegerField()
    tool_calls = serializers.IntegerField()

    def get_cache_write_tokens(self, run: Run) -> int:
        """From the ledger: the run itself doesn't know them."""
        written: int = self.context["written"].get(run.pk, 0)
        return written


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


class RunnerUpSerializer(PlainSerializer[Any]):
    """The model that a task of the other kind would have got, and its prices at the submit."""

    model = serializers.CharField()
    input_usd = UsdField(source="prices.input", help_text="A million tokens.")
    cached_input_usd = UsdField(source="prices.cached_input")
    output_usd = UsdField(source="prices.output")
    cost_usd = UsdField(
        help_text="What this run's tokens would have cost there, as short requests."
    )


class RoutingSerializer(PlainSerializer[Run]):
    """Which model was asked for, which one was chosen, and why."""

    requested = serializers.CharField(source="model")
    chosen = serializers.CharField(source="chosen_model")
    reason = serializers.CharField(source="routing_reason")
    complexity = serializers.ChoiceField(
        ["simple", "complex"],
        source="route.level",
        allow_null=True,
        default=None,
        help_text="Of the task, where `auto` was asked for; else null.",
    )
    runner_up = serializers.SerializerMethodField()

    @extend_schema_field(RunnerUpSerializer(allow_null=True))
    def get_runner_up(self, run: Run) -> dict[str, Any] | None:
        """Null where there was nothing to choose from."""
        other = run.runner_up
        return None if other is None else _kept.runner_up.to_representation(other)


class QueueSerializer(PlainSerializer[Place]):
    """The place in the fair queue, from 1; `starts_in_s` is null while nothing is known."""

    position = serializers.IntegerField()
    starts_in_s = serializers.FloatField(allow_null=True)


class LinksSerializer(serializers.Serializer[Any]):
    """Where to go from here."""

    self = serializers.CharField()
    events = serializers.CharField()
    cancel = serializers.CharField()
    html = serializers.CharField()
    paid_by = serializers.CharField(
        allow_null=True, help_text="The run whose answer this is; null, too, once it is deleted."
    )


class ForkedSerializer(serializers.Serializer[Run]):
    """Where a fork went on from."""

    run = serializers.UUIDField(
        source="forked_from_id", allow_null=True, help_text="Null once it is deleted."
    )
    step = serializers.CharField(source="fork_step")


class FeedbackSerializer(serializers.Serializer[Run]):
    """Whether the owner found the answer good: the last word counts."""

    score = serializers.ChoiceField([-1, 1], source="feedback")
    comment = serializers.CharField(source="feedback_comment")
    at = serializers.DateTimeField(source="feedback_at")


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
    queue = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    links = serializers.SerializerMethodField()

    @extend_schema_field(QueueSerializer(allow_null=True))
    def get_queue(self, run: Run) -> dict[str, Any] | None:
        """Null unless the run waits in the queue."""
        place = self.context["queue"].get(run.pk)
        return None if place is None else _kept.queue.to_representation(place)

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
        self.queue = QueueSerializer()
        self.runner_up = RunnerUpSerializer()


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
    taken_usd = UsdField(
        allow_null=True,
        help_text="What a step that was taken over cost the run that bought it; null: this run's.",
    )
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


class PromptCacheSerializer(serializers.Serializer[Any]):
    """What the provider's prompt cache did, without calls in doubt."""

    input_tokens = serializers.IntegerField()
    cached_input_tokens = serializers.IntegerField()
    cache_write_tokens = serializers.IntegerField()
    prompt_cache_hit_rate = serializers.FloatField(allow_null=True)


class LedgerSerializer(EnvelopeSerializer):
    """A run's bill. `cost_usd` is the run's; the lines' amounts add up to it exactly."""

    results = LedgerLineSerializer(many=True)
    cost_usd = UsdField()
    prompt_cache = PromptCacheSerializer()


class EventSerializer(serializers.Serializer[Any]):
    """One durable event; `seq` counts from 1 without gaps."""

    seq = serializers.IntegerField()
    type = serializers.CharField()
    at = serializers.DateTimeField()
    data = ObjectField()  # type: ignore[assignment]


class EventsSerializer(EnvelopeSerializer):
    """Events in order; `next` is null when these were the last ones so far."""

    results = EventSerializer(many=True)
