"""JSON shapes of alerts and of how they are told."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from runs.alert_models import Kind, MailStatus
from runs.alerts.presenter import NoticeRow, SiteRow
from runs.webhook_models import DeliveryStatus
from web.serializers import ObjectField, StrictSerializer


class WordsSerializer(serializers.Serializer[Any]):
    """What is the same of an alert for everyone."""

    id = serializers.UUIDField(source="alert.pk")
    kind = serializers.ChoiceField(Kind.choices, source="alert.kind")
    title = serializers.CharField(source="words.title")
    text = serializers.CharField(source="words.text", help_text="With each figure explained.")
    remedy = serializers.CharField(source="words.remedy", help_text="What can be done.")
    figures = ObjectField(
        source="alert.data", help_text="What the text is made of; dollars are text."
    )
    starts_at = serializers.DateTimeField(
        source="alert.starts_at", help_text="The window in which it is told once."
    )
    ends_at = serializers.DateTimeField(source="alert.ends_at", allow_null=True)
    created_at = serializers.DateTimeField(source="alert.created_at")
    html = serializers.CharField(source="path", help_text="The page where to act on it.")


class AlertMessageSerializer(serializers.Serializer[Any]):
    """A message for a webhook; those of 30 days are known."""

    webhook = serializers.UUIDField(source="webhook_id")
    delivery = serializers.UUIDField(source="pk")
    status = serializers.ChoiceField(DeliveryStatus.choices)


class AlertSerializer(WordsSerializer):
    """An alert of the caller's."""

    mail = serializers.ChoiceField(MailStatus.choices, source="notice.mail")
    mailed_at = serializers.DateTimeField(source="notice.mailed_at", allow_null=True)
    mail_error = serializers.CharField(
        source="notice.error", help_text="Why the last attempt failed; else empty."
    )
    webhooks = serializers.SerializerMethodField()

    @extend_schema_field(AlertMessageSerializer(many=True))
    def get_webhooks(self, row: NoticeRow) -> Any:
        """The messages that are still kept."""
        known = self.context["messages"]
        kept = [known[pk] for pk in row.notice.messages if pk in known]
        return AlertMessageSerializer(kept, many=True).data


class SiteAlertSerializer(WordsSerializer):
    """An alert of the site."""

    told = serializers.SerializerMethodField(help_text="How many of staff were told by any way.")

    def get_told(self, row: SiteRow) -> int:
        """Those for whom something was sent or waits."""
        return sum(bool(delivered) for _, delivered in row.told)


class WaysSerializer(StrictSerializer[Any]):
    """How one kind is told."""

    mail = serializers.BooleanField()
    webhook = serializers.BooleanField()


class PreferencesSerializer(StrictSerializer[Any]):
    """How the caller is told of alerts, by kind; those of the site are for staff."""

    kinds = serializers.DictField(
        child=WaysSerializer(), help_text="By kind. What is left out stays as it is."
    )
    daily = serializers.BooleanField(help_text="One mail a day in place of one within minutes.")
    daily_hour = serializers.IntegerField(min_value=0, max_value=23)
    timezone = serializers.CharField(max_length=64)
    pause_all_tokens = serializers.BooleanField(
        help_text="A sudden rise of a token's spend pauses it. Only people change this."
    )
    pause_tokens = serializers.ListField(
        child=serializers.UUIDField(), help_text="The tokens of which that holds in any case."
    )


class ShownPreferencesSerializer(PreferencesSerializer):
    """The same, and which tokens are paused now."""

    paused_tokens = serializers.ListField(child=serializers.UUIDField(), read_only=True)
