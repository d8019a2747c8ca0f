"""Pictures of webhooks, of one that works, one that fails and one that was switched off."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from playwright.sync_api import Page

from runs.webhook_models import EventType, Webhook, WebhookDelivery
from runs.webhooks.services import create_webhook
from tests.browser.screenshots.demo import Demo
from tests.browser.screenshots.view import View, click_link

DOWN = "<html><body><h1>502 Bad Gateway</h1></body></html>"


def webhook_views(demo: Demo) -> list[View]:
    """The list, each of them, the form, and a new secret."""
    now = timezone.now()
    works = _webhook(demo, "https://ci.acme.example/hooks/agents", "CI pipeline")
    fails = _webhook(demo, "https://hooks.acme.example/services/T024BE7LD/B7Q2K9/agents", "")
    off = _webhook(demo, "https://old.acme.example/hook", "The old dashboard")
    _set(works, delivered_at=now - timedelta(minutes=4))
    _set(fails, failing_since=now - timedelta(hours=2), delivered_at=now - timedelta(days=3))
    _set(off, enabled=False, off_reason="failing", off_at=now - timedelta(days=1))
    for minutes, kind in ((4, "run.finished"), (31, "approval.requested"), (90, "webhook.test")):
        _delivery(works, minutes, kind, "delivered", _attempt(204))
    _delivery(works, 200, "budget.threshold", "delivered", _attempt(502, DOWN), _attempt(200, "ok"))
    _delivery(fails, 12, "run.finished", "waiting")
    lost = _attempt(None, error="It can’t be reached.")
    _delivery(fails, 120, "run.finished", "waiting", *[lost] * 4, _attempt(502, DOWN))
    _delivery(fails, 5000, "funds.requested", "failed", *[lost] * 12)
    maya = demo.maya
    return [
        View("webhooks", maya, "/webhooks/"),
        View("webhooks-none", demo.newcomer, "/webhooks/"),
        View("webhooks-new", maya, "/webhooks/", click_link("New webhook")),
        View("webhook", maya, f"/webhooks/{works.pk}/"),
        View("webhook-failing", maya, f"/webhooks/{fails.pk}/"),
        View("webhook-off", maya, f"/webhooks/{off.pk}/"),
        View("webhook-secret", maya, f"/webhooks/{works.pk}/", _rotate),
    ]


def _rotate(page: Page) -> None:
    page.get_by_role("link", name="New secret").click()
    page.get_by_role("button", name="New secret").click()
    page.locator("#key").wait_for()


def _webhook(demo: Demo, url: str, description: str) -> Webhook:
    events = EventType.values if description == "CI pipeline" else ["run.finished"]
    return create_webhook(owner=demo.maya, url=url, events=events, description=description)[0]


def _set(webhook: Webhook, **fields: Any) -> None:
    Webhook.objects.filter(pk=webhook.pk).update(**fields)


def _attempt(status: int | None, body: str = "", error: str = "") -> dict[str, Any]:
    return {"at": "", "status": status, "body": body, "error": error, "duration_ms": 48}


def _delivery(
    webhook: Webhook, minutes: int, kind: str, status: str, *attempts: dict[str, Any]
) -> None:
    at = timezone.now() - timedelta(minutes=minutes)
    WebhookDelivery.objects.create(
        webhook=webhook, type=kind, data={"webhook_id": str(webhook.pk)}, status=status,
        attempts=list(attempts), tries=len(attempts), created_at=at,
        due_at=at + timedelta(days=9),
    )  # fmt: skip
