"""A browser sends its cookies along with any site's WebSocket: so the site looks at the origin."""

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings

from accounts.models import User
from tests.permissions.world import signed_in
from tests.sockets import outcome


async def seen_from(session: str, origin: str) -> str:
    """What a page of this origin is answered with its visitor's session."""
    cookie = f"{settings.SESSION_COOKIE_NAME}={session}".encode()
    return await outcome("/ws/usage/", [(b"cookie", cookie), (b"origin", origin.encode())])


@pytest.mark.django_db(transaction=True)
async def test_another_sites_page_opens_no_socket_with_its_visitors_session(alice: User) -> None:
    session = (await sync_to_async(signed_in)(alice)).session

    assert await seen_from(session, "http://testserver") == "open"
    for origin in ("https://evil.example", "http://testserver.evil.example", "null"):
        assert await seen_from(session, origin) != "open", origin
