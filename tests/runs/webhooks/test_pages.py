"""The pages of webhooks, as they work without any script."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from runs.webhook_models import Webhook, WebhookDelivery
from runs.webhooks import limits
from runs.webhooks.services import create_webhook, send_test
from tests.runs.webhooks.ends import end_a_run

pytestmark = pytest.mark.django_db
PAGE = "/webhooks/"
HOOK = "https://hooks.example.org/a"
NEW = {"url": HOOK, "description": "CI", "events": ["run.finished"]}


@pytest.fixture
def browser(alice: User, client_for: Callable[[User], Client]) -> Client:
    return client_for(alice)


@pytest.fixture
def webhook(alice: User) -> Webhook:
    return create_webhook(owner=alice, url=HOOK, events=NEW["events"])[0]


def address(webhook: Webhook, *parts: object) -> str:
    return "/".join([PAGE + str(webhook.pk), *map(str, parts), ""])


def text(page: Any) -> str:
    return str(page.content.decode())


def secret_in(page: Any) -> str:
    found = re.search(r'id="key">(whsec_[\w+/=]+)<', text(page))
    assert found is not None
    return found[1]


def test_a_new_webhook_shows_its_secret_once(browser: Client) -> None:
    assert "No webhooks yet" in text(browser.get(PAGE))
    page = browser.post(PAGE, NEW)
    assert page.status_code == 200
    assert "no-store" in page.headers["Cache-Control"]
    secret = secret_in(page)
    for path in (PAGE, address(Webhook.objects.get())):
        assert secret not in text(browser.get(path))
    assert "CI" in text(browser.get(PAGE))


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"url": "http://hooks.example.org/"}, "Only addresses with https"),
        ({"url": ""}, "required"),
        ({"events": []}, "Choose at least one event."),
        ({"description": "a\x07b"}, "in one line"),
    ],
)
def test_a_bad_form_says_why_and_keeps_what_was_typed(
    browser: Client, fields: dict[str, Any], complaint: str
) -> None:
    page = browser.post(PAGE, {**NEW, **fields})
    assert page.status_code == 422
    assert complaint in text(page)
    assert not Webhook.objects.exists()


def test_it_is_changed_and_a_fault_is_said(browser: Client, webhook: Webhook) -> None:
    changed = {**NEW, "description": "Nightly", "events": ["funds.requested"]}
    assert browser.post(address(webhook), changed).status_code == 302
    webhook.refresh_from_db()
    assert (webhook.description, webhook.events) == ("Nightly", ["funds.requested"])
    page = browser.post(address(webhook), {**changed, "url": "https://10.0.0.1/"})
    assert (page.status_code, "private" in text(page)) == (422, True)


def test_it_is_switched_off_and_on(browser: Client, webhook: Webhook) -> None:
    page = browser.post(address(webhook, "switch"), {"on": "0"}, follow=True)
    assert "It is off" in text(page)
    assert "Send a test" not in text(page)
    page = browser.post(address(webhook, "switch"), {"on": "1"}, follow=True)
    assert "The webhook is on." in text(page)


def test_a_new_secret_is_shown_once(browser: Client, webhook: Webhook) -> None:
    page = browser.post(address(webhook, "rotate"))
    assert "The old one is good too until" in text(page)
    assert secret_in(page) not in text(browser.get(address(webhook)))


def test_a_test_and_a_replay_are_sent(browser: Client, alice: User, webhook: Webhook) -> None:
    page = browser.post(address(webhook, "test"), follow=True)
    assert "The test is on its way." in text(page)
    delivery = WebhookDelivery.objects.get()
    WebhookDelivery.objects.update(
        status="failed",
        tries=1,
        attempts=[{"at": "2026-01-01T00:00:00Z", "status": 500, "error": "", "body": "<b>no</b>"}],
    )
    page = browser.get(address(webhook))
    assert "&lt;b&gt;no&lt;/b&gt;" in text(page)
    assert "Failed" in text(page)
    page = browser.post(address(webhook, "deliveries", delivery.pk, "replay"), follow=True)
    assert "on its way again" in text(page)
    delivery.refresh_from_db()
    assert delivery.status == "waiting"


def test_pages_count_what_is_sent_too(
    browser: Client, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits.SendThrottle, "rate", "1/m")
    assert [browser.post(address(webhook, "test")).status_code for _ in range(2)] == [302, 429]


def test_what_is_refused_is_said(browser: Client, webhook: Webhook) -> None:
    delivery = send_test(webhook=webhook)
    Webhook.objects.update(enabled=False)
    for parts in (("test",), ("deliveries", delivery.pk, "replay")):
        page = browser.post(address(webhook, *parts), follow=True)
        assert "Switch it on first." in text(page)


def test_why_it_is_off_is_said(browser: Client, webhook: Webhook) -> None:
    Webhook.objects.update(enabled=False, off_reason="failing", off_at=timezone.now())
    assert "No attempt of three days reached the receiver." in text(browser.get(address(webhook)))
    Webhook.objects.update(enabled=True, off_reason="", failing_since=timezone.now())
    assert "Messages don’t arrive" in text(browser.get(address(webhook)))


def test_older_deliveries_are_a_page_further(
    browser: Client, alice: User, webhook: Webhook
) -> None:
    for _ in range(27):
        WebhookDelivery.objects.create(webhook=webhook, type="run.finished", data={})
    page = text(browser.get(address(webhook)))
    assert page.count("Replay run.finished") == 25
    older = re.search(r'href="(\?before=[\w-]+)"', page)
    assert older is not None
    assert text(browser.get(address(webhook) + older[1])).count("Replay run.finished") == 2
    assert browser.get(address(webhook) + "?before=nonsense").status_code == 200


def test_it_is_deleted(browser: Client, webhook: Webhook) -> None:
    page = browser.post(address(webhook, "delete"), follow=True)
    assert "The webhook is deleted." in text(page)
    assert not Webhook.objects.exists()


def test_someone_elses_webhook_does_not_exist(
    client_for: Callable[[User], Client], alice: User, bob: User, webhook: Webhook
) -> None:
    end_a_run(alice)
    delivery = WebhookDelivery.objects.get()
    stranger = client_for(bob)
    assert stranger.get(address(webhook)).status_code == 404
    for parts in (
        *((), ("switch",), ("rotate",), ("test",), ("delete",)),
        ("deliveries", delivery.pk, "replay"),
    ):
        assert stranger.post(address(webhook, *parts), NEW).status_code == 404
    assert "hooks.example.org" not in text(stranger.get(PAGE))


def test_who_is_not_verified_is_told_to_be(browser: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(verified_at=None)
    page = text(browser.get(PAGE))
    assert "Verify your email address first." in page
    assert "New webhook" not in page
    assert browser.post(PAGE, NEW).status_code == 422


def test_who_is_signed_out_signs_in_first(client: Client, webhook: Webhook) -> None:
    for path in (PAGE, address(webhook)):
        assert client.get(path)["Location"].startswith("/accounts/login/")
