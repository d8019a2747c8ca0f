"""Over the API: more money for a run, and a word on its tool calls."""

from decimal import Decimal
from typing import Any

import pytest

from runs.models import Run
from tests import journal
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db

CAP = Decimal("0.004")


@pytest.fixture
def short(alice) -> Run:
    """A run of Alice's whose own limit is too low."""
    run = journal.start(RunFactory.create(owner=alice, max_cost_usd=CAP, when_out_of_money="ask"))
    journal.buy(run)
    journal.pause(run, needs=CAP)
    return run


@pytest.fixture
def asking(alice) -> Run:
    """A run of Alice's that wants to send a mail."""
    run = journal.start(RunFactory.create(owner=alice))
    journal.ask_for_tool(run)
    journal.pause(run)
    return run


def post(client: Any, run: Run, action: str, body: dict[str, Any], **headers: str) -> Any:
    address = f"/api/v1/runs/{run.pk}/{action}/"
    return client.post(address, body, format="json", headers=headers)


def test_a_run_says_what_it_waits_for(api_for, alice, short: Run) -> None:
    client = api_for(alice)
    body = client.get(f"/api/v1/runs/{short.pk}/").json()
    assert (body["status"], body["when_out_of_money"]) == ("awaiting_funds", "ask")
    assert body["awaiting"]["scope"] == "run"
    assert body["awaiting"]["message"].startswith("To go on it needs")
    listed = client.get("/api/v1/runs/?status=awaiting_funds").json()["results"]
    assert [run["id"] for run in listed] == [str(short.pk)]


def test_more_money_lets_it_go_on(api_for, alice, short: Run) -> None:
    client = api_for(alice)
    body = {"add_usd": "0.50", "question": short.awaiting["question"]}
    answer = post(client, short, "fund", body, **{"Idempotency-Key": "k"})
    assert answer.status_code == 202
    assert (answer.json()["status"], answer.json()["max_cost_usd"]) == ("queued", "0.504")
    again = post(client, short, "fund", body, **{"Idempotency-Key": "k"})
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (202, "true")
    other = post(client, short, "fund", body | {"add_usd": "1"}, **{"Idempotency-Key": "k"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")
    assert post(client, short, "fund", body).status_code == 409


def test_the_same_request_near_the_highest_limit_is_the_same(api_for, alice, short: Run) -> None:
    client, key = api_for(alice), {"Idempotency-Key": "k"}
    first = post(client, short, "fund", {"add_usd": "60000"}, **key)
    again = post(client, short, "fund", {"add_usd": "60000"}, **key)
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("question", [2**31, 2**63, -1])
def test_a_question_that_there_cannot_be_is_refused(api_for, alice, short: Run, question) -> None:
    answer = post(api_for(alice), short, "fund", {"add_usd": "1", "question": question})
    assert answer.status_code in (400, 409)


@pytest.mark.parametrize("amount", ["0.000001", "0", "x", 1, None, "100001"])
def test_an_amount_that_does_not_do_is_refused(api_for, alice, short: Run, amount) -> None:
    answer = post(api_for(alice), short, "fund", {"add_usd": amount})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["add_usd"])


def test_it_is_nobody_elses_to_pay_but_staffs(api_for, bob, staff, short: Run) -> None:
    assert post(api_for(bob), short, "fund", {"add_usd": "1"}).status_code == 404
    answer = post(api_for(staff), short, "fund", {"add_usd": "1"})
    assert answer.status_code == 202
    assert set(answer.json()) == {"id", "status", "links"}


def test_a_call_is_approved(api_for, alice, asking: Run) -> None:
    (step,) = asking.awaiting["steps"]
    answer = post(api_for(alice), asking, "approve", {"step": step["key"], "approved": True})
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")


def test_a_call_is_declined_with_a_comment(api_for, alice, asking: Run) -> None:
    client = api_for(alice)
    (step,) = asking.awaiting["steps"]
    body = {"step": step["key"], "approved": False, "comment": "not him"}
    assert post(client, asking, "approve", body).status_code == 202
    assert post(client, asking, "approve", body).status_code == 202
    assert post(client, asking, "approve", body | {"approved": True}).status_code == 409
    assert asking.events.get(type="tool.decided").data["comment"] == "not him"


def test_only_its_owner_has_the_word(api_for, bob, staff, asking: Run) -> None:
    body = {"step": "react/t1/tool/1", "approved": True}
    for other in (bob, staff):
        assert post(api_for(other), asking, "approve", body).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"step": "react/t9/tool/1", "approved": True},
        {"step": "react/t1/tool/1"},
        {"step": "react/t1/tool/1", "approved": True, "took_effect": True},
        {"step": "react/t1/tool/1", "approved": True, "more": 1},
    ],
)
def test_what_makes_no_sense_is_refused(api_for, alice, asking: Run, body) -> None:
    assert post(api_for(alice), asking, "approve", body).status_code == 400


@pytest.mark.parametrize(
    ("action", "body"),
    [("fund", {"add_usd": "1"}), ("approve", {"step": "react/t1/tool/1", "approved": True})],
)
def test_a_token_needs_the_scope(api_for, alice, short: Run, action: str, body) -> None:
    answer = post(api_for(alice, scopes=["runs:read"]), short, action, body)
    assert answer.status_code == 403
