"""/api/v1/webhooks/: each user's own, with secrets that are shown once."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from runs.webhook_models import EventType, Webhook, WebhookDelivery
from runs.webhooks import limits, services
from runs.webhooks.services import create_webhook, send_test
from tests.runs.webhooks.ends import end_a_run

pytestmark = pytest.mark.django_db
URL = "/api/v1/webhooks/"
HOOK = "https://hooks.example.org/a"
NEW = {"url": HOOK, "events": ["run.finished"]}


@pytest.fixture
def api(api_for, alice):
    return api_for(alice)


@pytest.fixture
def webhook(alice: User) -> Webhook:
    return create_webhook(owner=alice, url=HOOK, events=EventType.values)[0]


def post(api, url: str = URL, body: Any = None):
    return api.post(url, body, format="json")


def address(webhook: Webhook, *parts: object) -> str:
    return "/".join([URL + str(webhook.pk), *map(str, parts), ""])


def test_a_new_webhook_shows_its_secret_once(api, alice):
    response = post(api, body={**NEW, "description": "CI"})

    assert response.status_code == 201
    made = response.json()
    assert made.pop("secret").startswith("whsec_")
    assert response["Location"] == f"http://testserver{URL}{made['id']}/"
    assert api.get(response["Location"]).json() == made
    assert api.get(URL).json()["results"] == [made]
    assert made == {
        "id": made["id"],
        "url": HOOK,
        "format": "standard",
        "description": "CI",
        "events": ["run.finished"],
        "enabled": True,
        "created_at": made["created_at"],
        "delivered_at": None,
        "failing_since": None,
        "off_reason": None,
        "off_at": None,
        "old_secret_until": None,
    }
    assert Webhook.objects.get().owner == alice


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "http://hooks.example.org/"}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": "x" * 501}, "url"),
        ({"url": ""}, "url"),
        ({"url": None}, "url"),
        ({"events": []}, "events"),
        ({"events": ["run.started"]}, "events"),
        ({"events": "run.finished"}, "events"),
        ({"description": "a\nb"}, "description"),
        ({"description": "x" * 101}, "description"),
        ({"secret": "whsec_mine"}, "secret"),
    ],
)
def test_what_can_not_be_set_up_is_refused_by_name(api, webhook, body, field):
    for response in (
        post(api, body={**NEW, **body}),
        api.patch(address(webhook), body, format="json"),
    ):
        assert (response.status_code, response.json()["code"]) == (400, "invalid")
        (name,) = response.json()["errors"]
        assert name.split(".")[0] == field
    assert Webhook.objects.count() == 1


def test_it_is_changed_in_parts(api, webhook):
    changed = api.patch(address(webhook), {"description": "New"}, format="json").json()
    assert (changed["description"], changed["url"]) == ("New", HOOK)
    twice = {"events": ["run.finished", "run.finished"]}
    assert api.patch(address(webhook), twice, format="json").json()["events"] == ["run.finished"]


def test_switching_it_on_begins_anew(api, webhook):
    Webhook.objects.update(
        enabled=False, off_reason="failing", off_at=timezone.now(), failing_since=timezone.now()
    )
    assert api.get(address(webhook)).json()["off_reason"] == "failing"
    on = api.patch(address(webhook), {"enabled": True}, format="json").json()
    assert (on["enabled"], on["off_reason"], on["off_at"], on["failing_since"]) == (
        *(True, None, None, None),
    )


def test_a_secret_is_rotated_with_an_overlap(api, webhook):
    made = post(api, address(webhook, "rotate")).json()
    assert made["secret"].startswith("whsec_")
    until = made["old_secret_until"]
    assert until is not None
    assert "secret" not in api.get(address(webhook)).json()
    at_once = post(api, address(webhook, "rotate"), {"overlap_s": 0}).json()
    assert (at_once["old_secret_until"], at_once["secret"] != made["secret"]) == (None, True)
    assert post(api, address(webhook, "rotate"), {"overlap_s": 604801}).status_code == 400


def test_a_test_is_queued_and_listed(api, webhook):
    response = post(api, address(webhook, "test"))
    assert response.status_code == 202
    made = response.json()
    assert (made["type"], made["status"], made["attempts"]) == ("webhook.test", "waiting", [])
    assert made["payload"]["data"]["webhook_id"] == str(webhook.pk)
    assert api.get(address(webhook, "deliveries")).json()["results"] == [made]


def test_a_receiver_is_not_flooded_with_tests(api, webhook, monkeypatch):
    monkeypatch.setattr(services, "TESTS_A_MINUTE", 1)
    post(api, address(webhook, "test"))
    response = post(api, address(webhook, "test"))
    assert (response.status_code, response.json()["code"]) == (429, "rate_limited")
    assert response["Retry-After"] == "60"


def test_deliveries_are_listed_newest_first_and_by_status(api, alice, webhook):
    for _ in range(3):
        end_a_run(alice)
    oldest = WebhookDelivery.objects.order_by("id")[0]
    WebhookDelivery.objects.filter(pk=oldest.pk).update(
        status="failed",
        attempts=[
            {
                "at": "2026-01-01T00:00:00Z",
                "status": 500,
                "error": "",
                "body": "x",
                "duration_ms": 12,
            }
        ],
    )
    first = api.get(address(webhook, "deliveries") + "?page_size=2").json()
    rest = api.get(first["next"]).json()["results"]
    assert [row["id"] for row in rest] == [str(oldest.pk)]
    (failed,) = api.get(address(webhook, "deliveries") + "?status=failed").json()["results"]
    assert (failed["next_attempt_at"], failed["attempts"][0]["status"]) == (None, 500)
    assert api.get(address(webhook, "deliveries") + "?status=lost").status_code == 400
    assert api.get(address(webhook, "deliveries") + "?state=failed").status_code == 400


def test_a_message_is_sent_again(api, alice, webhook):
    end_a_run(alice)
    delivery = WebhookDelivery.objects.get()
    WebhookDelivery.objects.update(status="failed", tries=12)
    response = post(api, address(webhook, "deliveries", delivery.pk, "replay"))
    assert (response.status_code, response.json()["status"]) == (202, "waiting")
    delivery.refresh_from_db()
    assert delivery.tries == 0


def test_one_that_is_being_sent_is_left_alone(api, alice, webhook):
    end_a_run(alice)
    lease = timezone.now() + timedelta(minutes=1)
    WebhookDelivery.objects.update(status="sending", due_at=lease, tries=3)
    delivery = WebhookDelivery.objects.get()
    response = post(api, address(webhook, "deliveries", delivery.pk, "replay"))
    assert (response.status_code, response.json()["status"]) == (202, "sending")


def test_what_is_off_sends_nothing(api, alice, webhook):
    end_a_run(alice)
    delivery = WebhookDelivery.objects.get()
    api.patch(address(webhook), {"enabled": False}, format="json")
    for parts in (("test",), ("deliveries", delivery.pk, "replay")):
        response = post(api, address(webhook, *parts))
        assert (response.status_code, response.json()["code"]) == (409, "conflict")


def test_someone_elses_webhook_does_not_exist(api_for, alice, bob, webhook):
    delivery = send_test(webhook=webhook)
    own = create_webhook(owner=bob, url=HOOK, events=["run.finished"])[0]
    api = api_for(bob)
    for response in (
        api.get(address(webhook)),
        api.patch(address(webhook), {}, format="json"),
        api.delete(address(webhook)),
        api.get(address(webhook, "deliveries")),
        post(api, address(webhook, "rotate")),
        post(api, address(webhook, "test")),
        post(api, address(webhook, "deliveries", delivery.pk, "replay")),
        post(api, address(own, "deliveries", delivery.pk, "replay")),
    ):
        assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert [row["id"] for row in api.get(URL).json()["results"]] == [str(own.pk)]


def test_it_is_deleted_with_its_deliveries(api, webhook):
    send_test(webhook=webhook)
    assert api.delete(address(webhook)).status_code == 204
    assert api.delete(address(webhook)).status_code == 404
    assert not WebhookDelivery.objects.exists()


def test_there_is_an_end_to_how_many_there_are(api, webhook, monkeypatch):
    monkeypatch.setattr(services, "MAX_WEBHOOKS", 1)
    response = post(api, body=NEW)
    assert (response.status_code, response.json()["code"]) == (409, "conflict")


def test_only_who_is_verified_sets_one_up(api, alice):
    User.objects.filter(pk=alice.pk).update(verified_at=None)
    response = post(api, body=NEW)
    assert (response.status_code, response.json()["code"]) == (403, "permission_denied")


@pytest.mark.parametrize(
    ("scopes", "events", "status"),
    [
        (["runs:read"], ["run.finished"], 403),
        (["runs:write"], ["run.finished"], 403),
        (["runs:read", "runs:write"], ["run.finished"], 201),
        (["runs:read", "runs:write"], ["budget.threshold"], 403),
        (["runs:write", "usage:read"], ["budget.threshold"], 201),
    ],
)
def test_a_token_is_told_only_what_it_may_read(api_for, alice, scopes, events, status):
    response = post(api_for(alice, scopes), body={**NEW, "events": events})
    assert response.status_code == status


def test_a_token_needs_its_scopes_for_the_rest(api_for, alice, webhook):
    reads, writes = api_for(alice, ["runs:read"]), api_for(alice, ["runs:write"])
    assert reads.get(address(webhook, "deliveries")).status_code == 200
    assert writes.get(URL).status_code == 403
    assert post(reads, address(webhook, "test")).status_code == 403
    assert writes.patch(address(webhook), {"enabled": False}, format="json").status_code == 403
    assert post(writes, address(webhook, "test")).status_code == 202


def test_figures_of_budgets_are_hidden_from_tokens_that_may_not_read_them(api_for, alice, webhook):
    WebhookDelivery.objects.create(
        webhook=webhook, type="budget.threshold", data={"budget_id": "x", "settled_usd": "8"}
    )
    for scopes, shown in ((["runs:read"], False), (["runs:read", "usage:read"], True)):
        (row,) = api_for(alice, scopes).get(address(webhook, "deliveries")).json()["results"]
        assert (row["payload"] is not None) == shown


def test_nobody_is_flooded_by_way_of_webhooks_that_come_and_go(api, webhook, monkeypatch):
    monkeypatch.setattr(limits.SendThrottle, "rate", "2/m")
    message = post(api, address(webhook, "test")).json()["id"]
    assert post(api, address(webhook, "deliveries", message, "replay")).status_code == 202
    assert api.delete(address(webhook)).status_code == 204
    other = post(api, URL, {"url": "https://example.org/", "events": ["run.finished"]}).json()
    response = post(api, f"{URL}{other['id']}/test/")
    assert (response.status_code, response.json()["code"]) == (429, "rate_limited")
