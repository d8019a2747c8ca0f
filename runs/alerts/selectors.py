"""What the pages and the API of alerts read."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import ApiToken, User
from runs.alert_models import Alert, AlertNotice, AlertPreferences, TokenGuard
from runs.webhook_models import WebhookDelivery

PAGE = 25


def preferences_of(user: User) -> AlertPreferences:
    """How a user wants to be told; the usual ways where nothing was said."""
    return AlertPreferences.objects.filter(user=user).first() or AlertPreferences(user=user)


def notices_of(user: User, before: UUID | None = None) -> tuple[list[AlertNotice], UUID | None]:
    """The newest of a user's alerts, or those before one of them; and where older ones go on."""
    found = AlertNotice.objects.visible_to(user).order_by("-id")
    if before is not None:
        found = found.filter(pk__lt=before)
    rows = list(found[: PAGE + 1])
    return rows[:PAGE], rows[PAGE - 1].pk if len(rows) > PAGE else None


def site_alerts() -> QuerySet[Alert]:
    """The site's alerts, newest first, each with its notices; for staff."""
    found = Alert.objects.of_site().order_by("-id")
    return found.prefetch_related("notices__recipient")


def messages_of(notices: Iterable[AlertNotice]) -> Mapping[UUID, WebhookDelivery]:
    """The webhooks' messages of these, as far as they are kept; one query."""
    ids = [pk for notice in notices for pk in notice.messages]
    return WebhookDelivery.objects.select_related("webhook").in_bulk(ids) if ids else {}


def guarded_tokens(user: User) -> list[ApiToken]:
    """A user's tokens, each with its `guard`; None where nothing was said of it."""
    tokens = list(user.api_tokens.unrevoked())
    guards = TokenGuard.objects.select_related("alert").in_bulk([token.pk for token in tokens])
    for token in tokens:
        token.guard = guards.get(token.pk)  # type: ignore[attr-defined]
    return tokens
