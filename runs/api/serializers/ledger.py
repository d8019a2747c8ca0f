"""A run's bill."""

from typing import Any

from rest_framework import serializers

from billing.api.fields import UsdField
from billing.bill import BUCKETS
from billing.models import Confidence
from web.serializers import EnvelopeSerializer


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
