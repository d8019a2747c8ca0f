"""A switch and its receipt in words."""

from datetime import timedelta

from runs.engine.registry import KNOWN
from runs.models import KillSwitch


def name_of(switch: KillSwitch) -> str:
    """What it stops: `the site`, `ann@example.org`, `the token ci`, `the pattern ReAct`."""
    scopes = KillSwitch.Scope
    if switch.scope == scopes.SITE:
        return "the site"
    if switch.scope == scopes.USER:
        user = switch.user
        return user.email if user else f"user {switch.user_id}, deleted"
    if switch.scope == scopes.TOKEN:
        token = switch.api_token
        return f"the token {token}" if token else f"the token {switch.api_token_id}, deleted"
    pattern = KNOWN.get(switch.pattern)
    return f"the pattern {pattern.label if pattern else switch.pattern}"


def seconds(span: timedelta | None) -> str:
    """A time span as a receipt has it: `0.42 s`."""
    return "—" if span is None else f"{span.total_seconds():,.2f} s"
