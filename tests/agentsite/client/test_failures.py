"""What fails in passing is tried again, once for the site; what doesn't is an exception."""

from decimal import Decimal

import pytest

from accounts.models import User
from agentsite.client import (
    AgentsiteError,
    ApiError,
    BudgetExceeded,
    Client,
    ConnectionFailed,
    IdempotencyConflict,
    NotAuthenticated,
    RateLimited,
    Unavailable,
    UnreadableAnswer,
)
from agentsite.client.errors import BY_CODE, api_error
from agentsite.client.live import CLOSED
from runs.feed import consumer
from runs.models import Run
from tests.agentsite.client.line import Line, cut, page, problem, refused
from tests.factories import set_budget
from web.problems import CODES


def test_a_lost_answer_makes_no_second_run(client: Client, line: Line) -> None:
    line.faults = [cut, refused, cut]
    accepted = client.submit("Hello")

    assert accepted.replayed
    assert accepted.id == str(Run.objects.get().pk)
    assert len({request.headers["Idempotency-Key"] for request in line.sent}) == 1
    assert len(line.sent) == 4
    assert len(line.waited) == 3


def test_two_submits_of_one_text_are_two_runs(client: Client) -> None:
    assert client.submit("Hello").id != client.submit("Hello").id


def test_retry_after_is_kept_to(client: Client, line: Line) -> None:
    line.faults = [
        problem(429, "rate_limited", **{"Retry-After": "7"}),
        problem(503, "unavailable", **{"Retry-After": "5"}),
    ]
    client.submit("Hello")

    assert line.waited == [7, 5]


def test_who_should_wait_long_is_told_so_at_once(client: Client, line: Line) -> None:
    line.faults = [problem(429, "rate_limited", **{"Retry-After": "3600"})]
    with pytest.raises(RateLimited) as limited:
        client.submit("Hello")

    assert limited.value.retry_after == 3600
    assert line.waited == []


def test_a_model_that_never_comes_back_is_not_waited_for(client: Client, line: Line) -> None:
    line.faults = [problem(503, "model_unavailable")]
    with pytest.raises(Unavailable):
        client.submit("Hello")
    assert line.waited == []


def test_after_some_tries_it_is_an_error(client: Client, line: Line) -> None:
    line.faults = [refused] * 5
    with pytest.raises(ConnectionFailed, match=r"http://testserver can't be reached: .*refused"):
        client.me()

    assert len(line.sent) == 5
    assert len(line.waited) == 4
    assert max(line.waited) <= 4


def test_another_server_is_not_taken_for_the_site(client: Client, line: Line) -> None:
    line.faults = [page(404)]
    with pytest.raises(UnreadableAnswer, match="testserver answered 404"):
        client.me()
    line.faults = [page(200)]
    with pytest.raises(UnreadableAnswer, match="no JSON"):
        client.me()


def test_a_used_up_budget_has_its_figures(client: Client, alice: User) -> None:
    set_budget("0", scope="user", user=alice)
    with pytest.raises(BudgetExceeded) as used_up:
        client.submit("Hello")

    assert used_up.value.remaining_usd == Decimal(0)
    assert used_up.value.problem["scope"] == "user"


def test_a_key_with_another_body_is_a_conflict(client: Client) -> None:
    client.submit("Hello", idempotency_key="1")
    with pytest.raises(IdempotencyConflict):
        client.submit("Good bye", idempotency_key="1")


def test_a_wrong_token_is_not_authenticated(client: Client, line: Line) -> None:
    with (
        Client("http://testserver", "ags_wrong", connection=line) as other,
        pytest.raises(NotAuthenticated, match="Unknown token"),
    ):
        other.me()


def test_every_code_of_the_site_has_an_exception() -> None:
    assert set(CODES.values()) <= set(BY_CODE)
    assert all(issubclass(kind, AgentsiteError) for kind in BY_CODE.values())


def test_a_code_of_a_newer_site_is_still_an_error_of_the_api() -> None:
    error = api_error({"code": "new", "detail": "Something new."}, status=418)

    assert type(error) is ApiError
    assert (error.code, error.status, str(error)) == ("new", 418, "Something new.")


def test_a_socket_that_may_not_be_opened_says_why() -> None:
    codes = (consumer.NOT_SIGNED_IN, consumer.NOT_FOUND, consumer.TOO_MANY)
    assert [CLOSED[code][1] for code in codes] == [401, 404, 429]
