"""Users hear of what was switched off; staff open addresses."""

from typing import Any

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.services import reset_password
from runs.tasks import tend_webhooks
from runs.webhook_models import EventType, InternalReceiver, Webhook
from runs.webhooks.services import create_webhook, send_test

pytestmark = pytest.mark.django_db


@pytest.fixture
def webhook(alice: User) -> Webhook:
    url = "https://hooks.example.org/a"
    return create_webhook(owner=alice, url=url, events=EventType.values)[0]


def switch_off() -> None:
    Webhook.objects.update(enabled=False, off_reason="failing", off_at=timezone.now())


def test_a_mail_tells_once_that_a_webhook_was_switched_off(
    webhook: Webhook, alice: User, settings: Any
) -> None:
    settings.SENDS_MAIL, settings.PUBLIC_URL = True, "https://agents.example.org"
    tend_webhooks()
    assert mail.outbox == []
    switch_off()
    tend_webhooks()
    tend_webhooks()
    (sent,) = mail.outbox
    assert sent.to == [alice.email]
    assert f"https://agents.example.org/webhooks/{webhook.pk}/" in sent.body
    assert "No attempt of three days" in sent.body


def test_a_mail_that_can_not_be_sent_is_tried_again(webhook: Webhook, settings: Any) -> None:
    settings.SENDS_MAIL = True
    switch_off()
    memory, settings.EMAIL_BACKEND = (
        settings.EMAIL_BACKEND,
        "django.core.mail.backends.smtp.EmailBackend",
    )
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    tend_webhooks()
    settings.EMAIL_BACKEND = memory
    tend_webhooks()
    assert len(mail.outbox) == 1


def test_without_a_mail_server_only_the_page_says_it(webhook: Webhook, settings: Any) -> None:
    settings.SENDS_MAIL = False
    switch_off()
    tend_webhooks()
    assert mail.outbox == []
    assert Webhook.objects.get().off_told


def test_a_reset_of_the_password_switches_webhooks_off(
    webhook: Webhook, alice: User, bob: User
) -> None:
    other, _ = create_webhook(owner=bob, url=webhook.url, events=["run.finished"])
    reset_password(user=alice, password="another horse staple")
    webhook.refresh_from_db()
    other.refresh_from_db()
    assert (webhook.enabled, webhook.off_reason, other.enabled) == (False, "password_reset", True)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("http://CI.internal:8080/", "http://ci.internal:8080"),
        ("https://10.0.0.7:443", "https://10.0.0.7"),
        ("http://[::1]:9000", "http://[::1]:9000"),
        ("http://127.0.0.1:8000/hook", ""),
        ("http://169.254.169.254", ""),
        ("10.0.0.7", ""),
    ],
)
def test_staff_open_an_origin(client_for, staff: User, typed: str, kept: str) -> None:
    page = reverse("admin:runs_internalreceiver_add")
    client_for(staff).post(page, {"origin": typed, "note": ""})
    assert [one.origin for one in InternalReceiver.objects.all()] == ([kept] if kept else [])


def test_staff_see_webhooks_without_their_secrets(client_for, staff: User, webhook: Webhook):
    delivery = send_test(webhook=webhook)
    for name, args in (
        ("webhook_changelist", []),
        ("webhook_change", [webhook.pk]),
        ("webhookdelivery_changelist", []),
        ("webhookdelivery_change", [delivery.pk]),
    ):
        page = client_for(staff).get(reverse(f"admin:runs_{name}", args=args))
        assert page.status_code == 200
        assert webhook.secret not in page.content.decode()
