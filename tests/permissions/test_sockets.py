"""Who may open which WebSocket."""

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings

from accounts.models import User
from runs.feed import consumer
from runs.routing import websocket_urlpatterns
from tests.factories import RunFactory
from tests.permissions.world import Person, people_with_tokens
from tests.sockets import Header, outcome

# Nobody, owner, other user, staff, expired token, read-only token, the owner's browser. A code says
# with what it is closed.
DECISIONS = {
    "": "4404 4404 4404 4404 4404 4404 4404",
    "ws/ops/": "4401 4401 4401 open 4401 4401 4403",
    "ws/runs/<uuid:run_id>/": "4401 open 4404 4404 4401 open open",
    "ws/usage/": "4401 open open open 4401 open open",
}


def headers_of(person: Person) -> list[Header]:
    found = []
    if person.key:
        found.append((b"authorization", f"Token {person.key}".encode()))
    if person.session:
        found.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={person.session}".encode()))
    return found


@pytest.mark.django_db(transaction=True)
async def test_every_socket_answers_everyone_as_decided(
    alice: User, bob: User, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "SIGN_IN_S", 0)
    people = await sync_to_async(people_with_tokens)(alice, bob, staff)
    run = await sync_to_async(RunFactory.create)(owner=alice)
    found = {}
    for pattern in websocket_urlpatterns:
        path = str(pattern.pattern).replace("<uuid:run_id>", str(run.pk))
        told = [await outcome(f"/{path}", headers_of(person)) for person in people.values()]
        found[str(pattern.pattern)] = " ".join(told)

    new = {route: told for route, told in found.items() if route not in DECISIONS}
    assert new == {}, f"decide who may open these, in the order of {' '.join(people)}"
    assert found == DECISIONS
