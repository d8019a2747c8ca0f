"""A step, with its tokens and its error."""

from typing import Any

from rest_framework import serializers

from billing.api.fields import UsdField
from billing.models import Confidence
from runs.models import Run, Step
from runs.states import StepStatus
from web.serializers import ObjectField, PlainSerializer


class UsageSerializer(PlainSerializer[Run]):
    """Tokens as OpenAI counts them: input includes cached, output includes reasoning."""

    input_tokens = serializers.IntegerField()
    cached_input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    reasoning_tokens = serializers.IntegerField()


class ErrorSerializer(serializers.Serializer[Any]):
    """Why a run or a step failed."""

    code = serializers.CharField()
    message = serializers.CharField()


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
