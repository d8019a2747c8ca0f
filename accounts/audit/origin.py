"""Where an act comes from: who asks, by what, and from which address."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from uuid import UUID

from allauth.core import context
from django.http import HttpRequest

from accounts.audit_models import Via
from accounts.caller import known_caller
from web.clients import client_address
from web.request_ids import current_id

MAX_DEVICE = 200
UNPRINTABLE = re.compile(r"[^\x20-\x7e]+")


@dataclass(frozen=True, slots=True)
class Origin:
    """What is known of it; without a request it is a command."""

    via: Via = Via.COMMAND
    actor_id: int | None = None
    token_id: UUID | None = None
    address: str | None = None
    device: str = ""
    request_id: str = ""


def origin_of(request: HttpRequest | None) -> Origin:
    """That of this request, or of the one that is being answered here."""
    asked = request or context.request
    if asked is None:
        return Origin()
    caller = known_caller(asked)
    via = Via.BROWSER
    if caller and not caller.in_person:
        via = Via.TOKEN if caller.token else Via.JWT
    return Origin(
        via=via,
        actor_id=caller.user.pk if caller else None,
        token_id=caller.token_id if caller else None,
        address=_address(client_address(asked)),
        device=device_of(asked),
        request_id=current_id(),
    )


def device_of(request: HttpRequest) -> str:
    """What the browser calls itself, as one short line of plain characters."""
    return UNPRINTABLE.sub(" ", request.headers.get("User-Agent", "")).strip()[:MAX_DEVICE]


def _address(text: str) -> str | None:
    try:
        return str(ip_address(text.partition("%")[0]))
    except ValueError:
        return None
