"""The body of a submit: JSON types taken at their word, unknown fields refused."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from runs.services import Submission

MAX_DEADLINE_S = 7 * 24 * 3600
MAX_SHORT = 500
MAX_LONG = 50_000
USD = re.compile(r"[0-9]+(\.[0-9]+)?")


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


class UsdText(serializers.DecimalField):
    """US dollars as a decimal string; a JSON number would already have lost digits."""

    default_error_messages = {
        "text": 'Write dollars as a decimal string, such as "0.20".',
    }

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        """An empty string is no amount; DRF would take it for null."""
        return (False, data) if isinstance(data, str) else super().validate_empty_values(data)

    def to_internal_value(self, data: Any) -> Decimal:
        """The exact amount."""
        if not (isinstance(data, str) and USD.fullmatch(data)):
            self.fail("text")
        return super().to_internal_value(data)


class PromptSerializer(serializers.Serializer[Any]):
    """Texts that take the place of a step's own prompt."""

    system = Text(required=False, max_length=MAX_LONG)
    user = Text(required=False, max_length=MAX_LONG)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The prompt, with unknown fields named."""
        refuse_unknown(self, data)
        return dict(super().to_internal_value(data))


class SubmissionSerializer(serializers.Serializer[Submission]):
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

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The fields, with unknown ones named."""
        refuse_unknown(self, data)
        return dict(super().to_internal_value(data))

    def validate_max_cost_usd(self, usd: Decimal | None) -> Decimal | None:
        """A limit of nothing would refuse every call."""
        if usd == 0:
            raise serializers.ValidationError("The limit must be more than 0.")
        return usd

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


def refuse_unknown(serializer: serializers.Serializer[Any], data: Any) -> None:
    """Raise `ValidationError` for each name in `data` that the serializer doesn't know."""
    if isinstance(data, Mapping):
        unknown = [name for name in data if name not in serializer.fields]
        if unknown:
            raise serializers.ValidationError({name: ["Unknown field."] for name in unknown})
