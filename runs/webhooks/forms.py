"""The form of a webhook: a new one, or what is changed about one."""

from typing import Any

from django import forms

from runs.webhook_models import MAX_DESCRIPTION, EventType


class WebhookForm(forms.Form):
    """Where and of what it tells. The services check the rest."""

    url = forms.CharField(max_length=500)
    description = forms.CharField(max_length=MAX_DESCRIPTION, required=False)
    events = forms.MultipleChoiceField(
        choices=EventType.choices,
        initial=[EventType.RUN_FINISHED.value],
        error_messages={"required": "Choose at least one event."},
    )

    @property
    def event_choices(self) -> list[dict[str, Any]]:
        """Each event with what it is, and whether its box is ticked."""
        chosen = self["events"].value() or []
        return [
            {"event": event.value, "help": event.label, "checked": event.value in chosen}
            for event in EventType
        ]
