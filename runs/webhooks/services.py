"""Setting up webhooks, their secrets, and what a user may have sent again."""

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.audit.record import record
from accounts.audit_models import Action
from accounts.models import User
from runs.engine.tools.web.places import Place, origin_of, place_fault
from runs.sealing import WEBHOOK_SECRETS
from runs.webhook_models import (
    MAX_DESCRIPTION,
    TEST,
    DeliveryStatus,
    EventType,
    Format,
    InternalReceiver,
    Webhook,
    WebhookDelivery,
)
from runs.webhooks.errors import (
    InvalidWebhook,
    NothingSigned,
    TooManyTests,
    TooManyWebhooks,
    WebhookNotAllowed,
    WebhookOff,
)
from runs.webhooks.signing import new_secret

MAX_WEBHOOKS = 20
TESTS_A_MINUTE = 10
USUAL_OVERLAP = timedelta(days=1)
MOST_OVERLAP = timedelta(days=7)

logger = logging.getLogger(__name__)


@transaction.atomic
def create_webhook(
    *,
    owner: User,
    url: str,
    events: Sequence[str],
    description: str = "",
    format: str = Format.STANDARD,
) -> tuple[Webhook, str]:
    """Set up a webhook; its secret is returned here and never again. Slack's has none of ours.

    Raises `WebhookNotAllowed` while the owner's address is not verified, `TooManyWebhooks`, and
    `InvalidWebhook`. Locks the owner's row.
    """
    if owner.verified_at is None:
        raise WebhookNotAllowed("Verify your email address first: the account page sends the link.")
    secret = new_secret() if format == Format.STANDARD else ""
    webhook = Webhook(owner=owner, format=format, secret=WEBHOOK_SECRETS.seal(secret))
    _set(webhook, url=url, events=events, description=description)
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    if Webhook.objects.visible_to(owner).count() >= MAX_WEBHOOKS:
        raise TooManyWebhooks(f"You can have up to {MAX_WEBHOOKS} webhooks.")
    webhook.save(force_insert=True)
    webhook.refresh_from_db()
    record(Action.WEBHOOK_CREATED, user_id=owner.pk, about=webhook, after=_told(webhook))
    logger.info("webhook %s created for user %s", webhook.pk, owner.pk)
    return webhook, secret


@transaction.atomic
def change_webhook(
    *,
    webhook: Webhook,
    url: str | None = None,
    events: Sequence[str] | None = None,
    description: str | None = None,
    enabled: bool | None = None,
) -> Webhook:
    """Change what is given. One that is switched on begins anew, with all that waits for it.

    Raises `InvalidWebhook`, and `Webhook.DoesNotExist` where it was deleted meanwhile.
    """
    found = Webhook.objects.select_for_update(no_key=True).get(pk=webhook.pk)
    before, was_at = _told(found), found.url
    _set(found, url=url, events=events, description=description)
    if enabled and not found.enabled:
        found.off_reason, found.off_at, found.off_told = "", None, False
        found.failing_since = found.paused_until = None
    if enabled is not None:
        found.enabled = enabled
    found.save()
    moved = url is not None and not (found.signs and url == was_at)
    after = {**_told(found), **({"new_address": True} if moved else {})}
    if after != before:
        change = Action.WEBHOOK_CHANGED
        record(change, user_id=found.owner_id, about=found, before=before, after=after)
    return found


def _told(webhook: Webhook) -> dict[str, Any]:
    """What is kept of it in the audit log: its address and its words go with the webhook."""
    return {"events": webhook.events, "enabled": webhook.enabled}


@transaction.atomic
def delete_webhook(*, webhook: Webhook) -> None:
    """Take a webhook away, with what waits for it and what is known of its deliveries."""
    record(Action.WEBHOOK_DELETED, user_id=webhook.owner_id, about=webhook)
    webhook.delete()
    logger.info("webhook of user %s deleted", webhook.owner_id)


@transaction.atomic
def rotate_secret(*, webhook: Webhook, overlap: timedelta = USUAL_OVERLAP) -> str:
    """A new secret, which is returned here and never again; the old one signs too for a while.

    Raises `NothingSigned` for one in Slack's format.
    """
    found = Webhook.objects.select_for_update(no_key=True).get(pk=webhook.pk)
    if not found.signs:
        raise NothingSigned("Slack knows a message by its address: enter a new one instead.")
    secret = new_secret()
    found.old_secret = found.secret if overlap else ""
    found.old_secret_until = timezone.now() + overlap if overlap else None
    found.secret = WEBHOOK_SECRETS.seal(secret)
    found.save(update_fields=["secret", "old_secret", "old_secret_until"])
    until = {"old_secret_until": found.old_secret_until}
    record(Action.WEBHOOK_SECRET_ROTATED, user_id=found.owner_id, about=found, after=until)
    return secret


@transaction.atomic
def send_test(*, webhook: Webhook) -> WebhookDelivery:
    """Send a message that tells of nothing, once. Raises `WebhookOff`, `TooManyTests`."""
    found = Webhook.objects.select_for_update(no_key=True).get(pk=webhook.pk)
    _check_on(found)
    lately = found.deliveries.filter(type=TEST, created_at__gt=Now() - timedelta(minutes=1))
    if lately.count() >= TESTS_A_MINUTE:
        raise TooManyTests(f"A webhook is tested up to {TESTS_A_MINUTE} times a minute.")
    message = WebhookDelivery(webhook=found, type=TEST, data={"webhook_id": str(found.pk)})
    message.save(force_insert=True)
    message.refresh_from_db()
    return message


def replay(*, delivery: WebhookDelivery) -> WebhookDelivery:
    """Send a message again under the same id, with all attempts from now on.

    One that is being sent just now stays as it is. Raises `WebhookOff`.
    """
    _check_on(delivery.webhook)
    resting = WebhookDelivery.objects.filter(pk=delivery.pk).exclude(status=DeliveryStatus.SENDING)
    resting.update(status=DeliveryStatus.WAITING, tries=0, due_at=Now(), queued_at=Now())
    delivery.refresh_from_db()
    return delivery


def switch_off_all(*, owner: User, reason: Webhook.OffReason) -> None:
    """Switch off what a user has set up; it can be switched on again one by one."""
    on = Webhook.objects.visible_to(owner).filter(enabled=True)
    count = on.update(enabled=False, off_reason=reason, off_at=Now(), off_told=True)
    logger.info("%s webhooks of user %s switched off: %s", count, owner.pk, reason)


@transaction.atomic
def queue_message(
    *, owner: User, kind: EventType, data: Mapping[str, Any], unless: EventType | None = None
) -> list[UUID]:
    """Write a message for each webhook of a user that is on and wants this; returns their ids.

    None for those that are told the same by the event `unless`.
    """
    wanted = Webhook.objects.visible_to(owner).filter(enabled=True, events__contains=[kind])
    if unless:
        wanted = wanted.exclude(events__contains=[unless])
    # Locked, so that none of them is deleted meanwhile.
    messages = [
        WebhookDelivery(webhook=webhook, type=kind, data=data)
        for webhook in wanted.select_for_update(no_key=True)
    ]
    WebhookDelivery.objects.bulk_create(messages)
    return [message.pk for message in messages]


def _check_on(webhook: Webhook) -> None:
    if not webhook.enabled:
        raise WebhookOff("This webhook is switched off. Switch it on first.")


def _set(
    webhook: Webhook, *, url: str | None, events: Sequence[str] | None, description: str | None
) -> None:
    if url is not None:
        webhook.url, webhook.origin = url, checked_origin(url)
        if not webhook.signs:
            webhook.url, webhook.secret = f"{webhook.origin}/…", WEBHOOK_SECRETS.seal(url)
    if events is not None:
        webhook.events = _checked_events(events)
    if not webhook.signs and webhook.events != [EventType.ALERT]:
        raise InvalidWebhook("Slack is told of alerts alone: choose “alert”.", field="events")
    if description is not None:
        webhook.description = _checked_description(description)


def checked_origin(url: str) -> str:
    """The origin of an address where a webhook may lead. Raises `InvalidWebhook`."""
    if not (url.isascii() and url.isprintable()):
        raise InvalidWebhook("An address has only printable ASCII characters.", field="url")
    try:
        origin = origin_of(httpx2.URL(url))
    except (httpx2.InvalidURL, ValueError) as error:
        raise InvalidWebhook("This is no web address.", field="url") from error
    internal = InternalReceiver.objects.filter(origin=origin).exists()
    if fault := place_fault(Place(url, internal, settings.TOOL_CLOSED_NAMES)):
        raise InvalidWebhook(_for_people(fault), field="url")
    return origin


def _for_people(fault: str) -> str:
    return "Only addresses with https:// can be told." if "without https" in fault else fault


def _checked_events(events: Sequence[str]) -> list[str]:
    unique = list(dict.fromkeys(events))
    if unknown := [name for name in unique if name not in EventType.values]:
        raise InvalidWebhook(f"There is no event “{unknown[0]}”.", field="events")
    if not unique:
        raise InvalidWebhook("Choose at least one event.", field="events")
    return unique


def _checked_description(text: str) -> str:
    if len(text) > MAX_DESCRIPTION or not (text.isprintable() or not text):
        said = f"A description has up to {MAX_DESCRIPTION} characters in one line."
        raise InvalidWebhook(said, field="description")
    return text
