"""How a WebSocket ends: for what a client said, for who it no longer is, for want of Postgres."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from accounts.models import ApiToken, User
from accounts.services import revoke_token
from runs.models import Run
from tests.factories import RunFactory
from tests.stack import Stack

LATEST_S = 60


@pytest.fixture
def run(owner: User) -> Run:
    """A queued run that nobody works on."""
    return RunFactory.create(owner=owner)


@pytest.fixture
def socket(stack: Stack) -> Callable[..., Any]:
    """Open a WebSocket by its path."""

    def open_socket(path: str, **headers: str) -> Any:
        return connect(stack.web_url.replace("http", "ws", 1) + path, additional_headers=headers)

    return open_socket


def code_of(opened: Any, *said: str | bytes) -> int:
    """The code with which the server closes."""
    with opened as connection:
        for message in said:
            connection.send(message)
        with pytest.raises(ConnectionClosed) as closed:
            read_on(connection)
    assert closed.value.rcvd is not None
    return int(closed.value.rcvd.code)


def read_on(connection: Any) -> None:
    """Receive until the server closes."""
    while True:
        connection.recv(timeout=LATEST_S)


UNREADABLE = ["{", "", b"\xff\x00", "[" * 100_000, "x" * 600, '{"token": "ags_\\ud800"}']


@pytest.mark.parametrize("said", UNREADABLE, ids=range(len(UNREADABLE)))
def test_what_can_not_be_read_closes_quietly(
    stack: Stack, socket: Callable[..., Any], run: Run, key: str, said: str | bytes
) -> None:
    before = stack.logs().count("Traceback")
    assert code_of(socket(f"/ws/runs/{run.pk}/"), said) == 4400
    joined = socket(f"/ws/runs/{run.pk}/", Authorization=f"Token {key}")
    assert code_of(joined, said) == 4400
    assert stack.logs().count("Traceback") == before


@pytest.mark.parametrize("path", ["/ws/", "/ws/runs/7/", "/ws/site/", "/"])
def test_an_unknown_address_is_told_apart(
    stack: Stack, socket: Callable[..., Any], path: str
) -> None:
    before = stack.logs().count("Traceback")
    assert code_of(socket(path)) == 4404
    assert stack.logs().count("Traceback") == before


def test_a_run_whose_events_were_deleted_is_told_apart(
    socket: Callable[..., Any], run: Run, key: str
) -> None:
    Run.objects.filter(pk=run.pk).update(deleted_details={"events": 30})
    assert code_of(socket(f"/ws/runs/{run.pk}/", Authorization=f"Token {key}")) == 4410


@pytest.mark.parametrize("header", ["x", "Token", "Token ags_no", "Basic YTpi", "Token ags_\u00e9"])
def test_a_bad_header_is_refused_at_once(socket: Callable[..., Any], run: Run, header: str) -> None:
    assert code_of(socket(f"/ws/runs/{run.pk}/", Authorization=header)) == 4401


def test_a_revoked_key_opens_nothing(socket: Callable[..., Any], run: Run, key: str) -> None:
    revoke_token(token=ApiToken.objects.get(user=run.owner))
    path = f"/ws/runs/{run.pk}/"
    assert code_of(socket(path, Authorization=f"Token {key}")) == 4401
    assert code_of(socket(path), json.dumps({"token": key})) == 4401


def test_a_revoked_token_closes_what_it_opened(
    socket: Callable[..., Any], run: Run, key: str
) -> None:
    with socket(f"/ws/runs/{run.pk}/", Authorization=f"Token {key}") as connection:
        connection.recv(timeout=LATEST_S)
        revoke_token(token=ApiToken.objects.get(user=run.owner))
        assert code_of(connection) == 4401


def test_signing_out_closes_what_the_session_opened(socket: Callable[..., Any], run: Run) -> None:
    browser = Client()
    browser.force_login(run.owner)
    cookie = f"sessionid={browser.cookies['sessionid'].value}"
    with socket(f"/ws/runs/{run.pk}/", Cookie=cookie) as connection:
        connection.recv(timeout=LATEST_S)
        browser.logout()
        assert code_of(connection) == 4401
