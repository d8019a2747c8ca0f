"""Webhooks and their deliveries in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from runs.webhook_models import DeliveryStatus, EventType, Webhook, WebhookDelivery

TAGS = {
    DeliveryStatus.WAITING: "",
    DeliveryStatus.SENDING: "tag-accent",
    DeliveryStatus.DELIVERED: "tag-ok",
    DeliveryStatus.FAILED: "tag-bad",
}


@dataclass(frozen=True, slots=True)
class State:
    """How a webhook is, in a word with a colour, and in a sentence where that needs one."""

    label: str
    tag: str
    sentence: str


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """A webhook of the list."""

    webhook: Webhook
    state: State

    @property
    def events(self) -> list[str]:
        """What it is told of."""
        wanted: list[str] = self.webhook.events
        return ["All events"] if set(wanted) == set(EventType.values) else wanted


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery of the table."""

    delivery: WebhookDelivery
    label: str
    tag: str
    answer: str
    last: dict[str, Any] | None

    @property
    def count(self) -> int:
        """How many attempts are known."""
        return len(self.delivery.attempts)

    @property
    def may_replay(self) -> bool:
        """Whether there is anything to do about it."""
        return self.delivery.status != DeliveryStatus.SENDING


def state_of(webhook: Webhook) -> State:
    """On, failing or off."""
    if not webhook.enabled:
        why = Webhook.OffReason(webhook.off_reason).label if webhook.off_reason else ""
        return State("Off", "tag-bad" if why else "", f"{why}." if why else "")
    if webhook.failing_since:
        return State("Failing", "tag-warn", "")
    return State("On", "tag-ok", "")


def webhook_rows(webhooks: Iterable[Webhook]) -> list[WebhookRow]:
    """The rows of the list."""
    return [WebhookRow(webhook, state_of(webhook)) for webhook in webhooks]


def delivery_rows(deliveries: Iterable[WebhookDelivery]) -> list[DeliveryRow]:
    """The rows of the table."""
    return [_row(delivery) for delivery in deliveries]


def _row(delivery: WebhookDelivery) -> DeliveryRow:
    status = DeliveryStatus(delivery.status)
    last = delivery.attempts[-1] if delivery.attempts else None
    label = "Retrying" if status == DeliveryStatus.WAITING and delivery.tries else status.label
    tag = "tag-warn" if label == "Retrying" else TAGS[status]
    return DeliveryRow(delivery, str(label), tag, _answer(last), last)


def _answer(last: dict[str, Any] | None) -> str:
    if last is None:
        return "—"
    return str(last["status"] or last["error"])
