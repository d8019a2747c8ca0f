"""Writes entries. An act and its entry are one transaction: the caller's."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Model
from django.http import HttpRequest

from accounts.audit.origin import origin_of
from accounts.audit_models import Action, AuditEntry, Via

Values = Mapping[str, Any]


def record(
    action: Action,
    *,
    user_id: int | None = None,
    by_id: int | None = None,
    about: Model | tuple[str, object] | None = None,
    before: Values | None = None,
    after: Values | None = None,
    request: HttpRequest | None = None,
    via: Via | None = None,
) -> None:
    """Record an act in the present transaction; without one, alone.

    `user_id` is whose account it is about, `by_id` who did it where the request doesn't say, and
    `via` how it came where that is neither a request nor a command.
    Neither `before` nor `after` may have secrets, or what people wrote to agents.
    """
    origin = origin_of(request)
    kind, about_id = _named(about)
    AuditEntry.objects.create(
        action=action,
        actor_id=by_id or origin.actor_id,
        user_id=user_id,
        token_id=origin.token_id,
        via=via or origin.via,
        address=origin.address,
        device=origin.device,
        about=kind,
        about_id=about_id,
        before=before,
        after=after,
        request_id=origin.request_id,
    )


def masked(address: str) -> str:
    """An e-mail address of which a stranger learns little: `a…@example.org`."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}…@{domain}"


def _named(about: Model | tuple[str, object] | None) -> tuple[str, str]:
    if about is None:
        return "", ""
    if isinstance(about, Model):
        return str(about._meta.verbose_name), str(about.pk)
    kind, about_id = about
    return kind, str(about_id)[:64]
