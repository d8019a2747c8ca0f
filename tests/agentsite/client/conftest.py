"""A client whose requests go to the site in this process."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from accounts.models import ApiToken, User
from agentsite.client import Client
from tests.agentsite.client.line import Line
from tests.in_process import site_in_process


@pytest.fixture
def line() -> Iterator[Line]:
    """The connection, which a test may break."""
    with site_in_process() as connection:
        yield Line(connection)


@pytest.fixture
def client_of(db: None, line: Line) -> Iterator[Callable[..., Client]]:
    """Makes a client with a new token of this user; it waits no time before it tries again."""
    with ExitStack() as stack:

        def make(user: User, scopes: list[str] | None = None) -> Client:
            _, key = ApiToken.objects.issue(user=user, name="client", scopes=scopes)
            client = Client("http://testserver", key, connection=line, sleep=line.waited.append)
            return stack.enter_context(client)

        yield make


@pytest.fixture
def client(client_of: Callable[..., Client], alice: User) -> Client:
    return client_of(alice)
