"""JSON shapes of tokens and of the signed-in user."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from accounts.models import ApiToken, Scope, User
from accounts.services import DEFAULT_EXPIRY_DAYS, MAX_SUBMITS, expiry_in
from web.serializers import StrictSerializer

MAX_EXPIRY_DAYS = 3650
MAX_OVERLAP_HOURS = 7 * 24


class TokenSerializer(serializers.ModelSerializer[ApiToken]):
    """A token, without its key."""

    scopes = serializers.ListField(child=serializers.ChoiceField(Scope.choices))
    previous_works_until = serializers.DateTimeField(
        allow_null=True, help_text="When the key before the last rotation stops; null: it has."
    )

    class Meta:
        model = ApiToken
        fields = [
            "id",
            "name",
            "prefix",
            "scopes",
            "submits_per_minute",
            "submits_per_hour",
            "created_at",
            "expires_at",
            "last_used_at",
            "previous_works_until",
        ]
        read_only_fields = fields


class KeyedTokenSerializer(TokenSerializer):
    """A token with its new key, which is shown this once."""

    key = serializers.CharField(read_only=True)

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "key"]
        read_only_fields = fields


class ExpirySerializer(StrictSerializer[ApiToken]):
    """When a token ends; null is never."""

    expires_at = serializers.DateTimeField(required=False, allow_null=True)
    expires_in_days = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=MAX_EXPIRY_DAYS
    )

    def validate_expires_at(self, value: datetime | None) -> datetime | None:
        """Refuse a moment that has passed."""
        if value is not None and value <= timezone.now():
            raise serializers.ValidationError("This moment has passed.")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse two expiries; settle on one `expires_at`, if there is any."""
        if {"expires_at", "expires_in_days"} <= attrs.keys():
            raise serializers.ValidationError({"expires_at": ["Give one expiry, not two."]})
        if "expires_in_days" in attrs:
            attrs["expires_at"] = expiry_in(attrs.pop("expires_in_days"))
        return attrs


class RotationSerializer(ExpirySerializer):
    """A new key for a token. Without an expiry it keeps the one that it has."""

    overlap_hours = serializers.IntegerField(
        default=24,
        min_value=0,
        max_value=MAX_OVERLAP_HOURS,
        help_text="For how long the present key still works.",
    )


class NewTokenSerializer(ExpirySerializer):
    """What a new token needs. Without an expiry it ends after 90 days; null is never."""

    name = serializers.CharField(max_length=100)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(Scope.choices),
        required=False,
        allow_empty=False,
        help_text="All but `admin`, when left out; only staff may give that one.",
    )
    submits_per_minute = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=MAX_SUBMITS
    )
    submits_per_hour = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=MAX_SUBMITS
    )

    def validate_scopes(self, scopes: list[str]) -> list[str]:
        """Drop repetitions."""
        return list(dict.fromkeys(scopes))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Without an expiry, the usual one."""
        return {"expires_at": expiry_in(DEFAULT_EXPIRY_DAYS), **super().validate(attrs)}


class LimitsSerializer(serializers.Serializer[Any]):
    """Rates, as in `10/m`: all of them hold."""

    submit = serializers.ListField(child=serializers.CharField(), help_text="The user's submits.")
    token = serializers.ListField(
        child=serializers.CharField(), help_text="Those with the token in use."
    )
    address = serializers.ListField(
        child=serializers.CharField(), help_text="Those of all users from one network."
    )


class MeSerializer(serializers.ModelSerializer[User]):
    """The signed-in user, with the token in use and the limits that apply."""

    limits = LimitsSerializer()
    token = TokenSerializer(allow_null=True)

    class Meta:
        model = User
        fields = ["id", "email", "name", "is_staff", "limits", "token"]
        read_only_fields = fields
