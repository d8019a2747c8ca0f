"""The REST API of alerts: what was told, how, and by whom that is changed."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import ApiToken, Scope, User
from runs.alert_models import AlertNotice, AlertPreferences, TokenGuard
from runs.alerts.services.telling import tell
from runs.alerts.sweep import sweep
from runs.engine.breaker import CLOSED
from runs.webhooks.services import create_webhook
from tests.factories import set_budget
from tests.runs.alerts.findings import RUN, doubt
from tests.runs.alerts.spending import run_of, spend
from tests.runs.breaking import opened, put

pytestmark = pytest.mark.django_db
ALERTS = "/api/v1/alerts/"
PREFERENCES = f"{ALERTS}preferences/"
USUAL: dict[str, Any] = {
    "kinds": {
        "budget": {"mail": True, "webhook": True},
        "doubt": {"mail": True, "webhook": True},
        "spend_rate": {"mail": True, "webhook": True},
    },
    "daily": False,
    "daily_hour": 8,
    "timezone": "UTC",
    "pause_all_tokens": False,
    "pause_tokens": [],
    "paused_tokens": [],
}
WRITABLE = {name: value for name, value in USUAL.items() if name != "paused_tokens"}


def in_browser(user: User) -> APIClient:
    """The API as the user's browser asks it."""
    client = APIClient()
    client.force_login(user)
    return client


def test_an_alert_has_its_words_its_figures_and_what_was_delivered(
    alice: User, bob: User, api_for: Any
) -> None:
    hook, _ = create_webhook(owner=alice, url="https://hooks.example.org/a", events=["alert"])
    alert = tell(doubt(alice))
    assert alert
    (found,) = api_for(alice).get(ALERTS).json()["results"]
    (message,) = found.pop("webhooks")
    assert (message["webhook"], message["status"]) == (str(hook.pk), "waiting")
    assert "$0.50" in found.pop("text")
    assert found.pop("remedy")
    assert found.pop("starts_at").endswith("T00:00:00Z")
    assert found.pop("created_at")
    assert found == {
        "id": str(alert.pk),
        "kind": "doubt",
        "title": "1 call of a run in doubt",
        "figures": alert.data,
        "ends_at": None,
        "html": f"/runs/{RUN}/",
        "mail": "waiting",
        "mailed_at": None,
        "mail_error": "",
    }
    assert api_for(bob).get(ALERTS).json()["results"] == []


def test_alerts_are_listed_newest_first_page_by_page(
    alice: User, api_for: Any, django_assert_num_queries: Any
) -> None:
    for number in range(5):
        tell(doubt(alice, f"run-{number}"))
    client = api_for(alice)
    newest = [str(n.alert_id) for n in AlertNotice.objects.order_by("-id")]
    page = client.get(ALERTS, {"page_size": 3}).json()
    rest = client.get(page["next"]).json()
    assert [one["id"] for one in page["results"] + rest["results"]] == newest
    with django_assert_num_queries(2):
        client.get(ALERTS)


def test_preferences_are_read_and_changed(alice: User, api_for: Any) -> None:
    client = api_for(alice)
    assert client.get(PREFERENCES).json() == USUAL
    given = {
        **WRITABLE,
        "kinds": {"doubt": {"mail": False, "webhook": True}},
        "daily": True,
        "daily_hour": 18,
        "timezone": "Europe/Berlin",
    }
    answer = client.put(PREFERENCES, given, format="json")
    assert answer.status_code == 200
    kinds = {**USUAL["kinds"], **given["kinds"]}
    assert answer.json() == {**USUAL, **given, "kinds": kinds} == client.get(PREFERENCES).json()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"daily_hour": 24}, "daily_hour"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"kinds": {"audit": {"mail": True, "webhook": True}}}, "kinds"),
        ({"kinds": {"doubt": {"mail": True}}}, "kinds"),
        ({"pause_tokens": [RUN]}, "pause_tokens"),
        ({"sms": True}, "sms"),
    ],
)
def test_bad_preferences_name_what_is_wrong_and_change_nothing(
    alice: User, change: dict[str, Any], field: str
) -> None:
    answer = in_browser(alice).put(PREFERENCES, {**WRITABLE, **change}, format="json")
    assert answer.status_code == 400
    assert [name.partition(".")[0] for name in answer.json()["errors"]] == [field]
    assert not AlertPreferences.objects.exists()


def test_only_people_say_what_pauses_tokens(alice: User, api_for: Any) -> None:
    token, _ = ApiToken.objects.issue(user=alice, name="ci")
    for change in ({"pause_all_tokens": True}, {"pause_tokens": [str(token.pk)]}):
        given = {**WRITABLE, **change}
        assert api_for(alice).put(PREFERENCES, given, format="json").status_code == 403
        assert in_browser(alice).put(PREFERENCES, given, format="json").status_code == 200
        assert in_browser(alice).put(PREFERENCES, WRITABLE, format="json").status_code == 200
    assert not TokenGuard.objects.filter(pauses=True).exists()


def test_another_users_token_is_none_of_mine(alice: User, bob: User) -> None:
    token, _ = ApiToken.objects.issue(user=bob, name="ci")
    given = {**WRITABLE, "pause_tokens": [str(token.pk)]}
    assert in_browser(alice).put(PREFERENCES, given, format="json").status_code == 400
    assert in_browser(bob).post(f"/api/v1/tokens/{token.pk}/resume/").status_code == 204
    assert in_browser(alice).post(f"/api/v1/tokens/{token.pk}/resume/").status_code == 404


def test_scopes_are_those_of_usage(alice: User, api_for: Any) -> None:
    runs = api_for(alice, [Scope.RUNS_READ, Scope.RUNS_WRITE])
    usage = api_for(alice, [Scope.USAGE_READ])
    assert (runs.get(ALERTS).status_code, usage.get(ALERTS).status_code) == (403, 200)
    assert (runs.get(PREFERENCES).status_code, usage.get(PREFERENCES).status_code) == (403, 200)
    assert usage.put(PREFERENCES, WRITABLE, format="json").status_code == 403
    assert usage.post(f"{ALERTS}test/").status_code == 403


def test_a_test_is_sent_and_not_too_often(alice: User, api_for: Any) -> None:
    client = api_for(alice)
    answers = [client.post(f"{ALERTS}test/").status_code for _ in range(6)]
    assert answers == [202] * 5 + [429]
    assert [one["kind"] for one in client.get(ALERTS).json()["results"]] == ["test"] * 5


def test_staff_list_the_sites_alerts(alice: User, staff: User, api_for: Any) -> None:
    put("gpt-4.1-mini", opened())
    sweep()
    put("gpt-4.1-mini", CLOSED)
    (found,) = api_for(staff).get("/api/v1/admin/alerts/").json()["results"]
    assert (found["kind"], found["told"], found["html"]) == ("breaker", 1, "/ops/")
    assert api_for(alice).get("/api/v1/admin/alerts/").status_code == 403
    assert set(api_for(staff).get(PREFERENCES).json()["kinds"]) > set(USUAL["kinds"])


def test_the_figures_of_a_budget_are_those_of_its_window(alice: User, api_for: Any) -> None:
    budget = set_budget(10, scope="user", user=alice, hard=False)
    spend(run_of(alice), "5.25")
    sweep()
    (found,) = api_for(alice).get(ALERTS).json()["results"]
    assert found["figures"]["budget_id"] == str(budget.pk)
    assert (found["figures"]["settled_usd"], found["figures"]["limit_usd"]) == ("5.25", "10")
