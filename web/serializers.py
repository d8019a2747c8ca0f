"""What the JSON of every app's API is made of."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, TypeVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

T = TypeVar("T")

JSON_OBJECT = {"type": "object", "additionalProperties": True}


@extend_schema_field(JSON_OBJECT)
class ObjectField(serializers.JSONField):
    """A JSON object of any shape."""


class EnvelopeSerializer(serializers.Serializer[Any]):
    """What is around the `results` of every list."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class PlainSerializer(serializers.Serializer[T]):
    """One that is used very often, of objects whose attributes are plain values.

    DRF asks of each attribute whether it is a key or something to be called; that is most of the
    time that it takes.
    """

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """The fields' values in order."""
        shown = {}
        for name, field, attribute in self._sources:
            value = getattr(instance, attribute) if attribute else field.get_attribute(instance)
            shown[name] = None if value is None else field.to_representation(value)
        return shown

    @cached_property
    def _sources(self) -> list[tuple[str, Any, str]]:
        """Each field with its attribute; without one, it has a way of its own."""
        return [
            (name, field, (field.source or "") if _is_plain(field) else "")
            for name, field in self.fields.items()
        ]


def _is_plain(field: Any) -> bool:
    return len(field.source_attrs) == 1 and field.default is empty


class StrictSerializer(serializers.Serializer[T]):
    """A body, or a part of one, in which every name is known."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The fields. Raises `ValidationError` for each name that is not one of them."""
        if isinstance(data, Mapping):
            unknown = [name for name in data if name not in self.fields]
            if unknown:
                raise serializers.ValidationError({name: ["Unknown field."] for name in unknown})
        return dict(super().to_internal_value(data))
