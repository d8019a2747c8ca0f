"""The form of a webhook: a new one, or what is changed about one."""

from typing import Any

from django import forms

from runs.webhook_models import MAX_DESCRIPTION, EventType, Format, Webhook


class WebhookForm(forms.Form):
    """Where and of what it tells. The services check the rest."""

    url = forms.CharField(max_length=500)
    description = forms.CharField(max_length=MAX_DESCRIPTION, required=False)
    events = forms.MultipleChoiceField(
        choices=EventType.choices,
        initial=[EventType.RUN_FINISHED.value],
        error_messages={"required": "Choose at least one event."},
    )

    def __init__(self, *args: Any, webhook: Webhook | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.webhook = webhook

    def changes(self) -> dict[str, Any]:
        """What the service is to change. An address that is shown shortened stays as it is."""
        given = dict(self.cleaned_data)
        if self.webhook is not None and given["url"] == self.webhook.url:
            del given["url"]
        return given

    @property
    def event_choices(self) -> list[dict[str, Any]]:
        """Each event with what it is, and whether its box is ticked."""
        chosen = self["events"].value() or []
        return [
            {"event": event.value, "help": event.label, "checked": event.value in chosen}
            for event in EventType
            if self.webhook is None or self.webhook.signs or event == EventType.ALERT
        ]


class NewWebhookForm(WebhookForm):
    """A new webhook, in one of the formats."""

    format = forms.ChoiceField(choices=Format.choices, initial=Format.STANDARD, required=False)

    def clean_format(self) -> str:
        """The standard one, where nothing is said."""
        return self.cleaned_data["format"] or Format.STANDARD

    def clean(self) -> dict[str, Any]:
        """Slack is told of alerts, whatever boxes are ticked."""
        cleaned = dict(super().clean() or {})
        if cleaned.get("format") == Format.SLACK:
            self.errors.pop("events", None)
            cleaned["events"] = [EventType.ALERT.value]
        return cleaned

    @property
    def format_choices(self) -> list[dict[str, Any]]:
        """Each format, and whether it is chosen."""
        chosen = self["format"].value() or Format.STANDARD
        return [
            {"value": one.value, "label": one.label, "checked": one == chosen} for one in Format
        ]
