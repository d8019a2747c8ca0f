"""What the JSON of every app's API is made of."""

from collections.abc import Mapping
from typing import Any, TypeVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

T = TypeVar("T")

JSON_OBJECT = {"type": "object", "additionalProperties": True}


@extend_schema_field(JSON_OBJECT)
class ObjectField(serializers.JSONField):
    """A JSON object of any shape."""


class EnvelopeSerializer(serializers.Serializer[Any]):
    """What is around the `results` of every list."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class StrictSerializer(serializers.Serializer[T]):
    """A body, or a part of one, in which every name is known."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The fields. Raises `ValidationError` for each name that is not one of them."""
        if isinstance(data, Mapping):
            unknown = [name for name in data if name not in self.fields]
            if unknown:
                raise serializers.ValidationError({name: ["Unknown field."] for name in unknown})
        return dict(super().to_internal_value(data))
