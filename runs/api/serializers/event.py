"""A run's durable events."""

from typing import Any

from rest_framework import serializers

from web.serializers import EnvelopeSerializer, ObjectField


class EventSerializer(serializers.Serializer[Any]):
    """One durable event; `seq` counts from 1 without gaps."""

    seq = serializers.IntegerField()
    type = serializers.CharField()
    at = serializers.DateTimeField()
    data = ObjectField()  # type: ignore[assignment]


class EventsSerializer(EnvelopeSerializer):
    """Events in order; `next` is null when these were the last ones so far."""

    results = EventSerializer(many=True)
