"""How a user wants to be told of alerts, and what may pause the user's tokens."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.audit.record import record
from accounts.audit_models import Action
from accounts.models import User
from billing.zones import zone_names
from runs.alert_models import AlertPreferences, Kind, TokenGuard
from web.errors import Problem


class InvalidPreferences(Problem):
    """A field's value can't be used."""


@dataclass(frozen=True, slots=True)
class Ways:
    """How one kind of alert is told."""

    mail: bool
    webhook: bool


@dataclass(frozen=True, slots=True)
class Digest:
    """One mail a day at this hour in the zone, or where it isn't `daily` one within minutes."""

    daily: bool
    hour: int
    timezone: str


@dataclass(frozen=True, slots=True)
class Pausing:
    """Which tokens a sudden rise of their spend pauses: all, and else these."""

    all_tokens: bool
    token_ids: Collection[UUID]


@transaction.atomic
def set_preferences(
    *,
    user: User,
    ways: Mapping[Kind, Ways],
    digest: Digest | None = None,
    pausing: Pausing | None = None,
) -> AlertPreferences:
    """Change what is given; kinds that `ways` leaves out stay as they are. Locks the user's row.

    Raises `InvalidPreferences`.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    found, _ = AlertPreferences.objects.get_or_create(user=user)
    before = _told(found)
    _check_kinds(user, ways)
    found.no_mail = _without(found.no_mail, {kind: way.mail for kind, way in ways.items()})
    found.no_webhook = _without(found.no_webhook, {kind: way.webhook for kind, way in ways.items()})
    if digest:
        _check_digest(digest)
        found.daily, found.daily_hour = digest.daily, digest.hour
        found.timezone = digest.timezone
    if pausing:
        found.pause_tokens = pausing.all_tokens
        _guard(user, pausing.token_ids)
    found.save()
    _record(user, before, _told(found))
    return found


def _told(found: AlertPreferences) -> dict[str, Any]:
    """What is kept of them in the audit log."""
    guarded = TokenGuard.objects.filter(token__user_id=found.user_id, pauses=True).order_by("pk")
    return {
        "no_mail": sorted(found.no_mail),
        "no_webhook": sorted(found.no_webhook),
        "daily": found.daily,
        "pause_all_tokens": found.pause_tokens,
        "pause_tokens": [str(pk) for pk in guarded.values_list("pk", flat=True)],
    }


def _record(user: User, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    names = [name for name in after if after[name] != before[name]]
    if names:
        record(
            Action.ALERTS_CHANGED,
            user_id=user.pk,
            before={name: before[name] for name in names},
            after={name: after[name] for name in names},
        )


def _check_kinds(user: User, ways: Mapping[Kind, Ways]) -> None:
    if unknown := [kind for kind in ways if kind not in Kind.of(user)]:
        raise InvalidPreferences(f"There is no alert “{unknown[0]}” for you.", field="kinds")


def _check_digest(digest: Digest) -> None:
    if not 0 <= digest.hour < 24:
        raise InvalidPreferences("An hour is from 0 to 23.", field="daily_hour")
    if digest.timezone not in zone_names():
        raise InvalidPreferences(f"There is no time zone “{digest.timezone}”.", field="timezone")


def _without(unwanted: Collection[str], wishes: Mapping[Kind, bool]) -> list[str]:
    """The kinds that aren't wanted, once these are decided."""
    others = [kind for kind in unwanted if kind not in wishes]
    return [*others, *(kind for kind, wanted in wishes.items() if not wanted)]


def _guard(user: User, token_ids: Collection[UUID]) -> None:
    """Let these tokens, and no others of the user's, be paused. Pauses that hold stay."""
    own = set(user.api_tokens.unrevoked().values_list("pk", flat=True))
    if unknown := set(token_ids) - own:
        raise InvalidPreferences(f"You have no token {unknown.pop()}.", field="pause_tokens")
    TokenGuard.objects.filter(token__user=user).exclude(pk__in=token_ids).update(pauses=False)
    for pk in token_ids:
        TokenGuard.objects.update_or_create(token_id=pk, defaults={"pauses": True})
