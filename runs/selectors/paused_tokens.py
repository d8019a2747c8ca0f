"""Tokens whose submits are refused since their spend rose: there are few at any time."""

from uuid import UUID

from runs.alert_models import TokenGuard


def paused_tokens() -> frozenset[UUID]:
    """The ids of all of them."""
    return frozenset(TokenGuard.objects.paused().values_list("pk", flat=True))


def pause_of(token_id: UUID) -> TokenGuard | None:
    """The pause of a token, with its alert; None where it may submit."""
    return TokenGuard.objects.paused().select_related("alert").filter(pk=token_id).first()
