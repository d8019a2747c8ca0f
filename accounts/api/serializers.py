"""JSON shapes of tokens and of the signed-in user."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from accounts.models import ApiToken, Scope, User
from accounts.services import DEFAULT_EXPIRY_DAYS, expiry_in
from web.serializers import StrictSerializer

MAX_EXPIRY_DAYS = 3650


class TokenSerializer(serializers.ModelSerializer[ApiToken]):
    """A token, without its key."""

    scopes = serializers.ListField(child=serializers.ChoiceField(Scope.choices))

    class Meta:
        model = ApiToken
        fields = ["id", "name", "prefix", "scopes", "created_at", "expires_at", "last_used_at"]
        read_only_fields = fields


class CreatedTokenSerializer(TokenSerializer):
    """A new token with its key, which is shown this once."""

    key = serializers.CharField(read_only=True)

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "key"]
        read_only_fields = fields


class NewTokenSerializer(StrictSerializer[ApiToken]):
    """What a new token needs. Without an expiry it ends after 90 days; null is never."""

    name = serializers.CharField(max_length=100)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(Scope.choices),
        required=False,
        allow_empty=False,
        help_text="All but `admin`, when left out; only staff may give that one.",
    )
    expires_at = serializers.DateTimeField(required=False, allow_null=True)
    expires_in_days = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=MAX_EXPIRY_DAYS
    )

    def validate_scopes(self, scopes: list[str]) -> list[str]:
        """Drop repetitions."""
        return list(dict.fromkeys(scopes))

    def validate_expires_at(self, value: datetime | None) -> datetime | None:
        """Refuse a moment that has passed."""
        if value is not None and value <= timezone.now():
            raise serializers.ValidationError("This moment has passed.")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse two expiries; settle on one `expires_at`."""
        if {"expires_at", "expires_in_days"} <= attrs.keys():
            raise serializers.ValidationError({"expires_at": ["Give one expiry, not two."]})
        days = attrs.pop("expires_in_days", DEFAULT_EXPIRY_DAYS)
        attrs.setdefault("expires_at", expiry_in(days))
        return attrs


class LimitsSerializer(serializers.Serializer[Any]):
    """Rate limits, as in `600/m`."""

    submit = serializers.CharField(help_text="Submits of one user.")
    address = serializers.CharField(help_text="Submits from one address.")


class MeSerializer(serializers.ModelSerializer[User]):
    """The signed-in user, with the token in use and the limits that apply."""

    limits = LimitsSerializer()
    token = TokenSerializer(allow_null=True)

    class Meta:
        model = User
        fields = ["id", "email", "name", "is_staff", "limits", "token"]
        read_only_fields = fields
