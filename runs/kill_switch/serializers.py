"""How kill switches and their receipts look in the API."""

from typing import Any
from uuid import UUID

from rest_framework import serializers

from accounts.models import ApiToken, User
from billing.api.fields import UsdField
from runs.api.submission import Text
from runs.models import KillSwitch
from runs.models.kill_switch import MAX_REASON
from runs.selectors.kill_switches import Dollars, Receipt
from web.serializers import StrictSerializer


class NewKillSwitchSerializer(StrictSerializer[Any]):
    """What is stopped, and why. A user's names its `user`, a token's `token`, and so on."""

    scope = serializers.ChoiceField(KillSwitch.Scope.choices)
    user = serializers.CharField(
        required=False, allow_null=True, default=None, max_length=254, help_text="An email address."
    )
    token = serializers.UUIDField(required=False, allow_null=True, default=None)
    pattern = serializers.CharField(required=False, allow_blank=True, default="", max_length=40)
    reason = Text(max_length=MAX_REASON, help_text="Whoever is refused reads it.")

    def validate_user(self, address: str | None) -> User | None:
        """The user with this address."""
        user = User.objects.with_address(address) if address else None
        if address and user is None:
            raise serializers.ValidationError("No user has this address.")
        return user

    def validate_token(self, pk: UUID | None) -> ApiToken | None:
        """The token with this id, revoked or not: its runs go on."""
        token = ApiToken.objects.filter(pk=pk).first() if pk else None
        if pk and token is None:
            raise serializers.ValidationError("There is no such token.")
        return token


class KillSwitchSerializer(serializers.Serializer[KillSwitch]):
    """A switch. It is on until `lifted_at`."""

    id = serializers.IntegerField()
    scope = serializers.ChoiceField(KillSwitch.Scope.choices)
    user = serializers.EmailField(source="user.email", allow_null=True)
    token = serializers.UUIDField(source="api_token_id", allow_null=True)
    pattern = serializers.CharField(allow_blank=True)
    reason = serializers.CharField()
    pulled_by = serializers.EmailField(source="pulled_by.email", allow_null=True)
    pulled_at = serializers.DateTimeField()
    stopped_at = serializers.DateTimeField(
        allow_null=True, help_text="When all its runs had been told to end."
    )
    lifted_by = serializers.EmailField(source="lifted_by.email", allow_null=True)
    lifted_at = serializers.DateTimeField(allow_null=True)


class DollarsSerializer(serializers.Serializer[Dollars]):
    """What came of the calls that were under way at the stop."""

    in_flight_usd = UsdField(source="held", help_text="The most that they could cost.")
    charged_usd = UsdField(source="charged", help_text="What they cost, as far as that is known.")
    exact_usd = UsdField(source="exact")
    estimated_usd = UsdField(source="estimated")
    in_doubt_usd = UsdField(source="in_doubt")
    open_usd = UsdField(source="open", help_text="Not settled yet, at their most.")
    doubt_bound_usd = UsdField(
        source="doubt_bound", help_text="The most that may still turn out not to be owed."
    )


class ReceiptSerializer(serializers.Serializer[Receipt]):
    """What a switch stopped, kept for good."""

    switch = KillSwitchSerializer()
    runs = serializers.DictField(
        child=serializers.IntegerField(), help_text="How many were in each status."
    )
    run_ids = serializers.ListField(
        child=serializers.UUIDField(), help_text="The first 50 of them."
    )
    ending = serializers.IntegerField(help_text="How many runs have not ended yet.")
    streams_closed = serializers.IntegerField(
        source="calls", help_text="Calls that were under way at the provider."
    )
    streams_open = serializers.IntegerField(
        source="calls_open", help_text="How many of them have not ended yet."
    )
    stopped_after_s = serializers.SerializerMethodField()
    last_byte_after_s = serializers.SerializerMethodField()
    real = DollarsSerializer()
    simulated = DollarsSerializer()

    def get_stopped_after_s(self, receipt: Receipt) -> float | None:
        """From the pull until every run had been told to end."""
        span = receipt.stopped_after
        return None if span is None else span.total_seconds()

    def get_last_byte_after_s(self, receipt: Receipt) -> float | None:
        """From the pull to the provider's last byte; null while one is open, or without one."""
        span = receipt.last_byte_after
        return None if span is None else span.total_seconds()
