"""Slack's incoming webhooks: their shape, their sealed address, and what they can't be told."""

import json
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from runs.alerts.services.telling import tell
from runs.sealing import WEBHOOK_SECRETS
from runs.webhook_models import InternalReceiver, Webhook, WebhookDelivery
from runs.webhooks.errors import InvalidWebhook, NothingSigned
from runs.webhooks.services import change_webhook, create_webhook, rotate_secret, send_test
from runs.webhooks.slack import MAX_HEADER, MAX_SECTION, slack_body
from tests.receiver import Receiver, answers
from tests.runs.alerts.findings import doubt

pytestmark = pytest.mark.django_db
URL = "/api/v1/webhooks/"
SECRET = "https://hooks.slack.com/services/T0/B0/very-secret"


def slack(owner: User, url: str = SECRET) -> Webhook:
    return create_webhook(owner=owner, url=url, events=["alert"], format="slack")[0]


@pytest.fixture
def channel(alice: User, listening: Receiver) -> Webhook:
    """A Slack of Alice's, which staff have allowed to be on this machine."""
    InternalReceiver.objects.create(origin=listening.origin)
    return slack(alice, listening.url)


def test_an_alert_arrives_in_slacks_shape(
    alice: User, channel: Webhook, listening: Receiver, deliver: Any, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://agents.example.org"
    tell(doubt(alice))
    deliver()
    (one,) = listening.received
    body = json.loads(one.body)
    assert one.path == "/hook"
    assert "webhook-signature" not in one.headers
    assert body["text"] == "1 call of a run in doubt"
    header, section, link = body["blocks"]
    assert header == {"type": "header", "text": {"type": "plain_text", "text": body["text"]}}
    assert "$0.50" in section["text"]["text"]
    assert link["text"] == {"type": "mrkdwn", "text": "<https://agents.example.org/alerts/|Open>"}
    assert WebhookDelivery.objects.get().status == "delivered"


def test_a_test_arrives_too(channel: Webhook, listening: Receiver, deliver: Any) -> None:
    send_test(webhook=channel)
    deliver()
    body = json.loads(listening.received[0].body)
    assert body["text"] == "A test"
    assert len(body["blocks"]) == 2


def test_it_is_retried_like_any_other(
    alice: User, channel: Webhook, listening: Receiver, deliver: Any, later: Any
) -> None:
    listening.respond = answers(503, b"no_service")
    tell(doubt(alice))
    deliver()
    assert WebhookDelivery.objects.get().status == "waiting"
    listening.respond = answers(200, b"ok")
    later(timedelta(minutes=1))
    deliver()
    assert WebhookDelivery.objects.get().status == "delivered"
    assert listening.received[0].body == listening.received[1].body


def test_its_address_is_a_secret_everywhere(
    alice: User, api_for: Any, client_for: Any, settings: Any
) -> None:
    answer = api_for(alice).post(
        URL, {"url": SECRET, "events": ["alert"], "format": "slack"}, format="json"
    )
    assert answer.status_code == 201
    assert (answer.json()["secret"], answer.json()["url"]) == ("", "https://hooks.slack.com/…")
    made = Webhook.objects.get()
    assert "very-secret" not in f"{made.url}{made.origin}{made.secret}"
    assert WEBHOOK_SECRETS.unseal(made.secret) == SECRET
    for page in ("/webhooks/", f"/webhooks/{made.pk}/"):
        assert "very-secret" not in client_for(alice).get(page).content.decode()


def test_a_page_that_is_saved_keeps_the_address_and_a_new_one_replaces_it(
    alice: User, client_for: Any
) -> None:
    made = slack(alice)
    page = f"/webhooks/{made.pk}/"
    form = {"url": made.url, "description": "Ops channel", "events": "alert"}
    assert client_for(alice).post(page, form).status_code == 302
    made.refresh_from_db()
    assert made.description == "Ops channel"
    assert WEBHOOK_SECRETS.unseal(made.secret) == SECRET
    other = "https://hooks.slack.com/services/T0/B0/another"
    assert client_for(alice).post(page, {**form, "url": other}).status_code == 302
    made.refresh_from_db()
    assert WEBHOOK_SECRETS.unseal(made.secret) == other


def test_the_form_of_a_new_one_needs_no_events(alice: User, client_for: Any) -> None:
    form = {"url": SECRET, "description": "", "format": "slack", "events": "run.finished"}
    answer = client_for(alice).post("/webhooks/", form)
    assert answer.status_code == 302
    assert Webhook.objects.get().events == ["alert"]


@pytest.mark.parametrize("events", [["run.finished"], ["alert", "run.finished"]])
def test_it_is_told_of_alerts_alone(alice: User, events: list[str]) -> None:
    with pytest.raises(InvalidWebhook, match="alerts alone"):
        create_webhook(owner=alice, url=SECRET, events=events, format="slack")
    with pytest.raises(InvalidWebhook, match="alerts alone"):
        change_webhook(webhook=slack(alice), events=events)


def test_it_may_lead_only_where_any_webhook_may(alice: User) -> None:
    for url in ("http://hooks.slack.com/x", "https://127.0.0.1/x", "https://169.254.169.254/x"):
        with pytest.raises(InvalidWebhook):
            slack(alice, url)


def test_there_is_no_secret_to_rotate(alice: User, api_for: Any, client_for: Any) -> None:
    made = slack(alice)
    with pytest.raises(NothingSigned):
        rotate_secret(webhook=made)
    assert api_for(alice).post(f"{URL}{made.pk}/rotate/").status_code == 409
    answer = client_for(alice).post(f"/webhooks/{made.pk}/rotate/", follow=True)
    assert "Slack knows a message by its address" in answer.content.decode()


def test_an_address_that_can_not_be_read_is_a_failed_attempt(
    alice: User, channel: Webhook, listening: Receiver, deliver: Any, settings: Any
) -> None:
    tell(doubt(alice))
    settings.SECRET_KEY = "another" * 8
    deliver()
    assert listening.received == []
    assert "enter it again" in WebhookDelivery.objects.get().attempts[0]["error"]


def test_what_users_wrote_is_no_mention_and_no_link() -> None:
    data = {"title": "<!channel>", "text": "<https://evil.example|Log in> & more", "links": {}}
    body = json.loads(slack_body({"type": "alert", "data": {**data, "links": {"html": "/x"}}}))
    assert body["text"] == "&lt;!channel&gt;"
    assert "&lt;https://evil.example|Log in&gt; &amp; more" in body["blocks"][1]["text"]["text"]


def test_what_is_too_long_for_slack_is_cut() -> None:
    data = {"title": "x" * 400, "text": "y" * 9000, "links": {"html": "/x"}}
    header, section = json.loads(slack_body({"type": "alert", "data": data}))["blocks"]
    assert len(header["text"]["text"]) == MAX_HEADER
    assert len(section["text"]["text"]) == MAX_SECTION
