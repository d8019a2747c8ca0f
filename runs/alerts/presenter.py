"""Alerts as pages, mails and the API show them: their words, where they lead, who was told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from runs.alert_models import OF_SITE, Alert, AlertNotice, AlertPreferences, Kind, MailStatus
from runs.alerts.wording import Words, words_of
from runs.webhook_models import DeliveryStatus, WebhookDelivery

Messages = Mapping[UUID, WebhookDelivery]
BAD = {MailStatus.FAILED.value: "tag-bad", DeliveryStatus.FAILED.value: "tag-bad"}
GOOD = {MailStatus.SENT.value: "tag-ok", DeliveryStatus.DELIVERED.value: "tag-ok"}
WORST_FIRST = ("tag-bad", "", "tag-ok")


@dataclass(frozen=True, slots=True)
class Delivered:
    """One way by which an alert was told, and what became of it."""

    way: str
    label: str
    tag: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """An alert for one person."""

    notice: AlertNotice
    words: Words
    path: str
    delivered: Sequence[Delivered]

    @property
    def alert(self) -> Alert:
        """What it is about."""
        return self.notice.alert

    @property
    def link(self) -> str:
        """Where to act on it, in full; empty where the site doesn't know its own address."""
        return settings.PUBLIC_URL + self.path if settings.PUBLIC_URL else ""

    @property
    def worst(self) -> Delivered | None:
        """The way that fared worst; None where it was told on the page alone."""
        return _worst(self.delivered)


@dataclass(frozen=True, slots=True)
class SiteRow:
    """An alert of the site, and how it reached each of staff."""

    alert: Alert
    words: Words
    path: str
    told: Sequence[tuple[str, Sequence[Delivered]]]

    @property
    def worst(self) -> Delivered | None:
        """Of all ways to all of staff, the one that fared worst; None where there was none."""
        return _worst(one for _, delivered in self.told for one in delivered)


@dataclass(frozen=True, slots=True)
class KindChoice:
    """A kind of alert in the form of preferences."""

    kind: Kind
    mail: bool
    webhook: bool


def notice_rows(
    notices: Iterable[AlertNotice], messages: Messages | None = None
) -> list[NoticeRow]:
    """Alerts for a person, in the given order."""
    return [
        NoticeRow(
            notice,
            words_of(notice.alert.kind, notice.alert.data),
            path_of(notice.alert),
            delivered_of(notice, messages or {}),
        )
        for notice in notices
    ]


def site_rows(alerts: Iterable[Alert], messages: Messages) -> list[SiteRow]:
    """Alerts of the site, in the given order."""
    return [
        SiteRow(
            alert,
            words_of(alert.kind, alert.data),
            path_of(alert),
            [
                (notice.recipient.display_name, delivered_of(notice, messages))
                for notice in alert.notices.all()
            ],
        )
        for alert in alerts
    ]


def path_of(alert: Alert) -> str:
    """The page on which something can be done about it."""
    data = alert.data
    if alert.kind == Kind.DOUBT:
        return reverse("runs:detail", args=[data["run_id"]])
    if alert.kind in (Kind.BUDGET, Kind.SITE_BUDGET):
        return reverse("billing:budgets")
    if alert.kind == Kind.SPEND_RATE:
        if data["paused"]:
            return reverse("runs:paused-token", args=[data["token_id"]])
        return reverse("runs:usage")
    return reverse("runs:operations" if alert.kind in OF_SITE else "runs:alerts")


def delivered_of(notice: AlertNotice, messages: Messages) -> list[Delivered]:
    """By mail, and by each webhook whose message is still kept."""
    told = []
    if notice.mail != MailStatus.NONE:
        status = MailStatus(notice.mail)
        label = "Retrying" if status == MailStatus.WAITING and notice.tries else status.label
        told.append(Delivered("Email", str(label), _tag(status), notice.error))
    for pk in notice.messages:
        if message := messages.get(pk):
            label = str(DeliveryStatus(message.status).label)
            told.append(Delivered(str(message.webhook), label, _tag(message.status)))
    return told


def _tag(status: str) -> str:
    return BAD.get(status) or GOOD.get(status) or ""


def _worst(delivered: Iterable[Delivered]) -> Delivered | None:
    return min(delivered, key=lambda one: WORST_FIRST.index(one.tag), default=None)


def kind_choices(kinds: Iterable[Kind], wishes: AlertPreferences) -> list[KindChoice]:
    """Each of the kinds, and how it is told."""
    return [
        KindChoice(kind, mail=kind not in wishes.no_mail, webhook=kind not in wishes.no_webhook)
        for kind in kinds
    ]


def preferences_body(
    wishes: AlertPreferences, kinds: Iterable[Kind], tokens: Any
) -> dict[str, Any]:
    """Preferences as the API has them; `tokens` are the user's with their guards."""
    return {
        "kinds": {
            choice.kind.value: {"mail": choice.mail, "webhook": choice.webhook}
            for choice in kind_choices(kinds, wishes)
        },
        "daily": wishes.daily,
        "daily_hour": wishes.daily_hour,
        "timezone": wishes.timezone,
        "pause_all_tokens": wishes.pause_tokens,
        "pause_tokens": [one.pk for one in tokens if one.guard and one.guard.pauses],
        "paused_tokens": [one.pk for one in tokens if one.guard and one.guard.paused_at],
    }
