"""What the pages of webhooks read."""

from uuid import UUID

from runs.webhook_models import Webhook, WebhookDelivery

PAGE = 25


def deliveries_of(
    webhook: Webhook, before: UUID | None = None
) -> tuple[list[WebhookDelivery], UUID | None]:
    """The newest messages, or those before one of them; and where older ones go on."""
    found = webhook.deliveries.order_by("-id")
    if before is not None:
        found = found.filter(pk__lt=before)
    rows = list(found[: PAGE + 1])
    return rows[:PAGE], rows[PAGE - 1].pk if len(rows) > PAGE else None
