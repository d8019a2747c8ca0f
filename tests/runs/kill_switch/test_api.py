"""Staff pull, read and lift kill switches over the API."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from runs.models import KillSwitch, Run
from tests import journal
from tests.factories import ApiTokenFactory, RunFactory

pytestmark = pytest.mark.django_db
SWITCHES = "/api/v1/admin/kill-switches/"


@pytest.fixture
def api(staff: User, api_for: Callable[..., APIClient]) -> APIClient:
    return api_for(staff)


def test_a_user_is_stopped_and_the_answer_is_the_receipt(
    api: APIClient, alice: User, staff: User
) -> None:
    run = journal.start(RunFactory.create(owner=alice))
    journal.begin(run)
    journal.dispatch(run)
    body = {"scope": "user", "user": alice.email, "reason": "Too fast."}
    answer = api.post(SWITCHES, body, format="json")

    assert answer.status_code == 201
    receipt = answer.json()
    assert receipt["switch"]["user"] == alice.email
    assert receipt["switch"]["pulled_by"] == staff.email
    assert (receipt["runs"], receipt["run_ids"]) == ({"running": 1}, [str(run.pk)])
    assert (receipt["streams_closed"], receipt["streams_open"]) == (1, 1)
    assert receipt["last_byte_after_s"] is None
    assert receipt["stopped_after_s"] >= 0
    assert receipt["simulated"]["in_flight_usd"] == receipt["simulated"]["doubt_bound_usd"]
    assert receipt["real"]["in_flight_usd"] == "0"


def test_the_receipt_follows_what_becomes_known(api: APIClient, alice: User) -> None:
    run = journal.start(RunFactory.create(owner=alice))
    journal.begin(run)
    journal.dispatch(run)
    body = {"scope": "user", "user": alice.email, "reason": "Too fast."}
    pk = api.post(SWITCHES, body, format="json").json()["switch"]["id"]
    journal.lose_worker(run)
    receipt = api.get(f"{SWITCHES}{pk}/").json()

    assert (receipt["ending"], receipt["streams_open"]) == (0, 0)
    assert receipt["last_byte_after_s"] >= 0
    assert receipt["simulated"]["open_usd"] == "0"
    assert receipt["simulated"]["charged_usd"] == receipt["simulated"]["in_doubt_usd"] != "0"


def test_it_is_lifted_and_listed(api: APIClient, staff: User) -> None:
    body = {"scope": "pattern", "pattern": "storm", "reason": "Under repair."}
    pk = api.post(SWITCHES, body, format="json").json()["switch"]["id"]
    lifted = api.post(f"{SWITCHES}{pk}/lift/")
    (listed,) = api.get(SWITCHES).json()["results"]

    assert (lifted.status_code, lifted.json()["lifted_by"]) == (200, staff.email)
    assert (listed["id"], listed["pattern"]) == (pk, "storm")
    assert listed["lifted_at"] is not None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"scope": "user", "reason": "x"}, "user"),
        ({"scope": "user", "user": "nobody@example.org", "reason": "x"}, "user"),
        ({"scope": "token", "token": "no", "reason": "x"}, "token"),
        ({"scope": "site", "user": "alice@example.org", "reason": "x"}, "user"),
        ({"scope": "pattern", "pattern": "nonsense", "reason": "x"}, "pattern"),
        ({"scope": "site", "reason": " "}, "reason"),
        ({"scope": "planet", "reason": "x"}, "scope"),
        ({"scope": "site", "reason": "x", "force": True}, "force"),
    ],
)
def test_what_makes_no_sense_is_400_and_stops_nothing(
    api: APIClient, alice: User, body: dict[str, object], field: str
) -> None:
    run = RunFactory.create(owner=alice)
    answer = api.post(SWITCHES, body, format="json")

    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert not KillSwitch.objects.exists()
    assert Run.objects.get(pk=run.pk).status == "queued"


def test_a_token_may_stop_itself_and_is_not_let_lift_by_others(
    api: APIClient, alice: User, api_for: Callable[..., APIClient]
) -> None:
    token = ApiTokenFactory.create(user=alice)
    body = {"scope": "token", "token": str(token.pk), "reason": "Leaked."}
    pk = api.post(SWITCHES, body, format="json").json()["switch"]["id"]

    assert api_for(alice).post(f"{SWITCHES}{pk}/lift/").status_code == 403
    assert KillSwitch.objects.get(pk=pk).lifted_at is None
