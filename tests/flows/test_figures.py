"""`/ws/usage/` and `/ws/ops/`: figures that are pushed as they change, to whom they are for."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.sync.connection import Connection

from accounts.models import ApiToken, Scope, User
from tests.factories import PASSWORD, set_budget
from tests.stack import Stack

LATEST_S = 120


@pytest.fixture
def pushed(stack: Stack) -> Callable[..., Any]:
    """Open one of the two sockets."""

    @contextmanager
    def pushed(name: str, **headers: str) -> Iterator[Connection]:
        address = stack.web_url.replace("http", "ws", 1) + f"/ws/{name}/"
        with connect(address, additional_headers=headers) as connection:
            yield connection

    return pushed


@pytest.fixture
def staff_member(live_database: dict[str, str], owner: User) -> User:
    return User.objects.create_superuser(f"staff-{owner.email}", PASSWORD)


def until(connection: Connection, wanted: Callable[[dict[str, Any]], object]) -> Any:
    """Receive up to the first figures that are as wanted."""
    while True:
        message = json.loads(connection.recv(timeout=LATEST_S))
        if message["type"] != "ping" and wanted(message["data"]):
            return message


def read_on(connection: Connection) -> None:
    while True:
        connection.recv(timeout=LATEST_S)


def code_of(connection: Connection) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        read_on(connection)
    assert closed.value.rcvd is not None
    return int(closed.value.rcvd.code)


def spent(data: dict[str, Any]) -> Decimal:
    return sum((Decimal(row["cost_usd"]) for row in data["month"]["rows"]), Decimal(0))


def test_what_a_run_spends_is_pushed(pushed, worker, submit, ended, key, owner) -> None:
    set_budget(10, scope="user", user=owner, period="month")
    with pushed("usage", Authorization=f"Token {key}") as connection:
        first = until(connection, lambda _: True)
        run = submit("What is 17 % of 2,340, minus 58?")
        last = until(connection, lambda data: spent(data) and not held(data))
    assert first["type"] == "usage"
    assert spent(first["data"]) == 0
    ended(run)
    assert spent(last["data"]) == run.cost_usd
    (budget,) = [one for one in last["data"]["budgets"] if one["scope"] == "user"]
    assert Decimal(budget["settled_usd"]) == run.cost_usd


def held(data: dict[str, Any]) -> Decimal:
    return sum((Decimal(one["held_usd"]) for one in data["budgets"]), Decimal(0))


def test_each_sees_only_the_own(pushed, key, owner, staff_member) -> None:
    set_budget(3, scope="user", user=staff_member, period="day")
    with pushed("usage", Authorization=f"Token {key}") as connection:
        data = until(connection, lambda _: True)["data"]
    assert "3" not in [one["limit_usd"] for one in data["budgets"] if one["scope"] == "user"]


def test_staff_see_the_site_at_work(pushed, worker, submit, ended, staff_member) -> None:
    browser = Client()
    browser.force_login(staff_member)
    cookie = f"sessionid={browser.cookies['sessionid'].value}"
    with pushed("ops", Cookie=cookie) as connection:
        first = until(connection, lambda data: data["workers"])
        run = submit("Describe a lighthouse. [sim: chunks=60 rate=20]", tools=[])
        seen = until(connection, lambda data: str(run.pk) in [one["id"] for one in data["running"]])
        ended(run)
        until(connection, lambda data: str(run.pk) not in [one["id"] for one in data["running"]])
    assert first["type"] == "ops"
    assert seen["data"]["runs"]["running"] >= 1


def test_what_is_not_for_a_reader_is_closed(pushed, key, owner, staff_member) -> None:
    with pushed("ops", Authorization="Token ags_no") as connection:
        assert code_of(connection) == 4401
    # Without the scope, whoever it is.
    with pushed("ops", Authorization=f"Token {key}") as connection:
        assert code_of(connection) == 4401
    _, reads_runs = ApiToken.objects.issue(user=owner, name="runs", scopes=[Scope.RUNS_READ])
    with pushed("usage", Authorization=f"Token {reads_runs}") as connection:
        assert code_of(connection) == 4401
    browser = Client()
    browser.force_login(owner)
    cookie = f"sessionid={browser.cookies['sessionid'].value}"
    with pushed("ops", Cookie=cookie) as connection:
        assert code_of(connection) == 4403
    with pushed("usage", Cookie=cookie, Origin="https://elsewhere.example") as connection:
        assert code_of(connection) == 4403


def test_who_is_no_longer_staff_sees_no_more(pushed, staff_member) -> None:
    scopes = [Scope.ADMIN.value]
    _, admin_key = ApiToken.objects.issue(user=staff_member, name="admin", scopes=scopes)
    with pushed("ops", Authorization=f"Token {admin_key}") as connection:
        until(connection, lambda _: True)
        User.objects.filter(pk=staff_member.pk).update(is_staff=False)
        assert code_of(connection) == 4401
