"""Submits of a token that was paused are refused."""

from django.conf import settings
from django.urls import reverse

from accounts.models import ApiToken
from runs.errors import TokenPaused
from runs.selectors.paused_tokens import pause_of


def check_token(token: ApiToken | None) -> None:
    """Raise `TokenPaused` while this token's submits are refused."""
    pause = pause_of(token.pk) if token else None
    if token is None or pause is None:
        return
    spent = pause.alert.data if pause.alert else None
    why = (
        f" It spent ${spent['spent_usd']} within an hour, and more than ${spent['limit_usd']} is "
        "unusual for it."
        if spent
        else ""
    )
    page = settings.PUBLIC_URL + reverse("runs:paused-token", args=[token.pk])
    raise TokenPaused(
        f"This token is paused since {pause.paused_at:%Y-%m-%d %H:%M} UTC.{why} "
        f"Its owner resumes it at {page}."
    )
