"""The objects inside a run."""

import threading
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.api.fields import UsdField
from runs.api.serializers.step import ErrorSerializer, UsageSerializer
from runs.models import Run
from runs.selectors.queue import Place
from web.serializers import PlainSerializer


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
        return None if other is None else KEPT.runner_up.to_representation(other)


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


class _Kept(threading.local):
    """To build a serializer takes longer than to use it: each thread keeps one."""

    def __init__(self) -> None:
        self.queue = QueueSerializer()
        self.runner_up = RunnerUpSerializer()


KEPT = _Kept()
