"""The body of a submit: JSON types taken at their word, unknown fields refused."""

from typing import Any

from rest_framework import serializers

from billing.api.fields import UsdText
from runs.services import Submission
from web.serializers import StrictSerializer

MAX_DEADLINE_S = 7 * 24 * 3600
MAX_SHORT = 500
MAX_LONG = 50_000


class Text(serializers.CharField):
    """A JSON string, kept as it is. A number is not a string."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        """The string itself."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class WholeNumber(serializers.IntegerField):
    """A JSON integer. Neither a string nor a fraction is one."""

    def to_internal_value(self, data: Any) -> int:
        """The number itself."""
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class PromptSerializer(StrictSerializer[Any]):
    """Texts that take the place of a step's own prompt."""

    system = Text(required=False, max_length=MAX_LONG)
    user = Text(required=False, max_length=MAX_LONG)


class SubmissionSerializer(StrictSerializer[Submission]):
    """What to run, how, and for how much at most. Only `task` is required."""

    task = Text(allow_blank=True)
    pattern = Text(required=False, max_length=40)
    model = Text(required=False, max_length=200)
    params = serializers.DictField(required=False)
    tools = serializers.ListField(child=Text(max_length=MAX_SHORT), required=False, max_length=100)
    max_cost_usd = UsdText(required=False, allow_null=True, max_digits=20, decimal_places=12)
    cache = serializers.ChoiceField(["use", "refresh", "off"], required=False)
    custom_instructions = Text(required=False, allow_blank=True, max_length=MAX_LONG)
    goals = serializers.ListField(child=Text(max_length=MAX_LONG), required=False, max_length=100)
    prompts = serializers.DictField(child=PromptSerializer(), required=False)
    roles = serializers.DictField(child=Text(max_length=200), required=False)
    deadline_s = WholeNumber(required=False, min_value=1, max_value=MAX_DEADLINE_S)
    metadata = serializers.DictField(
        child=Text(allow_blank=True, max_length=MAX_SHORT), required=False
    )

    def validate_metadata(self, metadata: dict[str, str]) -> dict[str, str]:
        """At most 50 pairs with short names."""
        if len(metadata) > 50 or any(len(name) > 100 for name in metadata):
            raise serializers.ValidationError("At most 50 names of up to 100 characters.")
        return metadata

    def submission(self) -> Submission:
        """The checked fields as the service takes them."""
        fields = dict(self.validated_data)
        for name in ("tools", "goals"):
            if name in fields:
                fields[name] = tuple(fields[name])
        return Submission(**fields)
