"""An alert is written with all that is to be sent, in one transaction, once."""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.audit.record import record
from accounts.audit_models import Action, Via
from accounts.models import ApiToken, User
from runs.alert_models import Alert, AlertNotice, AlertPreferences, Kind, MailStatus, TokenGuard
from runs.alerts.due import next_digest
from runs.alerts.finding import Finding
from runs.alerts.selectors import preferences_of
from runs.alerts.wording import words_of
from runs.webhook_models import EventType
from runs.webhooks.services import queue_message

# The percents of a budget that the event `budget.threshold` tells of.
BARE = (80, 100)

logger = logging.getLogger(__name__)


@transaction.atomic
def tell(finding: Finding) -> Alert | None:
    """Write an alert, pause the token where its owner wants that, and queue what is to be sent.

    None where it was told before: two sweeps at a time tell it once. Where nobody is there to be
    told, it is written all the same.
    """
    alert, new = Alert.objects.get_or_create(
        kind=finding.kind,
        subject=finding.subject,
        threshold=finding.threshold,
        starts_at=finding.starts_at,
        defaults={
            "ends_at": finding.ends_at,
            "owner_id": finding.owner_id,
            "data": dict(finding.data),
        },
    )
    if not new:
        return None
    if finding.token_id and _pause(finding.token_id, alert):
        alert.data["paused"] = True
        alert.save(update_fields=["data"])
    for recipient in _recipients(finding):
        _notify(alert, recipient, urgent=finding.urgent)
    logger.info("alert", extra={"kind": alert.kind, "subject": alert.subject})
    return alert


def _recipients(finding: Finding) -> Iterable[User]:
    """The owner, or all staff for what is the site's."""
    active = User.objects.filter(is_active=True)
    if finding.owner_id is None:
        return active.filter(is_staff=True)
    return active.filter(pk=finding.owner_id)


def _notify(alert: Alert, recipient: User, *, urgent: bool) -> None:
    wishes = preferences_of(recipient)
    mailed = _is_mailed(alert, recipient, wishes)
    messages = []
    if alert.kind not in wishes.no_webhook:
        messages = queue_message(
            owner=recipient, kind=EventType.ALERT, data=message_of(alert), unless=_told_by(alert)
        )
    AlertNotice.objects.create(
        alert=alert,
        recipient=recipient,
        urgent=urgent,
        mail=MailStatus.WAITING if mailed else MailStatus.NONE,
        due_at=_due_at(wishes, urgent=urgent),
        messages=messages,
    )


def _told_by(alert: Alert) -> EventType | None:
    """The bare event that tells webhooks the same; 50 % of a budget has none."""
    of_budget = alert.kind in (Kind.BUDGET, Kind.SITE_BUDGET)
    return EventType.BUDGET_THRESHOLD if of_budget and alert.data["percent"] in BARE else None


def _is_mailed(alert: Alert, recipient: User, wishes: AlertPreferences) -> bool:
    """Only to an address that is the recipient's, and where the site sends mails."""
    verified = recipient.verified_at is not None
    return settings.SENDS_MAIL and verified and alert.kind not in wishes.no_mail


def _due_at(wishes: AlertPreferences, *, urgent: bool) -> datetime:
    now = timezone.now()
    if urgent or not wishes.daily:
        return now
    return next_digest(now, wishes.daily_hour, wishes.timezone)


def message_of(alert: Alert) -> dict[str, Any]:
    """What webhooks are sent: the words, and the figures that stand behind them."""
    words = words_of(alert.kind, alert.data)
    return {
        "alert_id": str(alert.pk),
        "kind": alert.kind,
        "title": words.title,
        "text": f"{words.text} {words.remedy}",
        "figures": alert.data,
    }


def _pause(token_id: UUID, alert: Alert) -> bool:
    """Pause the token, where that is wished of it or of all its owner's tokens."""
    token = ApiToken.objects.unrevoked().select_related("user").filter(pk=token_id).first()
    if token is None or not _is_pause_wished(token):
        return False
    TokenGuard.objects.update_or_create(
        token=token, defaults={"paused_at": timezone.now(), "alert": alert}
    )
    figures = {name: alert.data.get(name) for name in ("spent_usd", "limit_usd")}
    record(Action.TOKEN_PAUSED, user_id=token.user_id, about=token, after=figures, via=Via.SITE)
    logger.warning("token %s paused", token_id)
    return True


def _is_pause_wished(token: ApiToken) -> bool:
    if preferences_of(token.user).pause_tokens:
        return True
    return TokenGuard.objects.filter(token=token, pauses=True).exists()


def send_test(*, user: User) -> Alert:
    """Tell a user of nothing, by all the ways in which alerts reach that user."""
    finding = Finding(Kind.TEST, f"user:{user.pk}", timezone.now(), owner_id=user.pk)
    tell(finding)
    return Alert.objects.get(kind=Kind.TEST, subject=finding.subject, starts_at=finding.starts_at)
