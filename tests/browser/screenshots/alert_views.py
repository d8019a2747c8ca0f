"""Pictures of alerts: of someone with a paused token, of someone without any, and staff's."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from playwright.sync_api import Page

from accounts.models import ApiToken, User
from runs.alert_models import Alert, AlertNotice, Kind, TokenGuard
from runs.alerts.finding import Finding
from runs.alerts.services.preferences import Pausing, set_preferences
from runs.alerts.services.telling import tell
from runs.webhooks.services import create_webhook
from tests.browser.screenshots.demo import Demo
from tests.browser.screenshots.view import View, click_link

SLACK = "https://hooks.slack.com/services/T024BE7LD/B7Q2K9/v5yTQ"


def alert_views(demo: Demo) -> list[View]:
    """The pages, in each state."""
    maya = User.objects.get(pk=demo.maya.pk)
    create_webhook(
        owner=maya, url=SLACK, events=["alert"], description="#agents-ops", format="slack"
    )
    token = ApiToken.objects.issue(user=maya, name="nightly-reports")[0]
    set_preferences(user=maya, ways={}, pausing=Pausing(False, [token.pk]))
    _tell(Kind.BUDGET, maya, 2000, _budget("user", 50))
    _tell(Kind.DOUBT, maya, 300, _doubt(demo))
    _tell(Kind.BUDGET, maya, 200, _budget("user", 80))
    paused = _tell(Kind.SPEND_RATE, maya, 4, _rise(token), token)
    AlertNotice.objects.exclude(alert=paused).update(mail="sent", mailed_at=timezone.now())
    AlertNotice.objects.filter(alert__data__percent=80).update(mail="failed", error="550 no user")
    for kind, minutes, data in (
        (Kind.WORKER, 900, _worker()),
        (Kind.BREAKER, 400, _breaker()),
        (Kind.SITE_BUDGET, 90, _budget("site", 80)),
        (Kind.AUDIT, 30, _audit(demo)),
        (Kind.SCHEDULER, 22, {"seen_at": "2026-11-29T09:12:00+00:00"}),
        (Kind.NO_WORKERS, 12, {"seen_at": "2026-11-29T09:22:41+00:00", "queued": 7}),
    ):
        _tell(kind, None, minutes, data)
    return [
        View("alerts", maya, "/alerts/"),
        View("alerts-read", maya, "/alerts/", _read),
        View("alerts-none", demo.newcomer, "/alerts/"),
        View("alerts-wrong", maya, "/alerts/", _wrong),
        View("alerts-paused-token", maya, f"/alerts/tokens/{token.pk}/"),
        View("alerts-site", maya, "/ops/alerts/"),
        View("webhook-slack", maya, "/webhooks/", click_link("#agents-ops")),
        View("webhooks-new-slack", maya, "/webhooks/", _slack),
    ]


def _slack(page: Page) -> None:
    click_link("New webhook")(page)
    page.get_by_role("radio", name="Slack").check(force=True)


def _read(page: Page) -> None:
    page.get_by_text("and is paused").click()


def _wrong(page: Page) -> None:
    page.evaluate("document.querySelector('select[name=daily_hour] option:checked').value = '99'")
    page.get_by_role("button", name="Save").click()
    page.locator(".error-text").wait_for()


def _tell(
    kind: Kind, owner: User | None, minutes: int, data: dict[str, Any], token: Any = None
) -> Alert:
    at = timezone.now() - timedelta(minutes=minutes)
    alert = tell(
        Finding(
            kind=kind,
            subject=f"demo-{minutes}",
            starts_at=at,
            owner_id=owner.pk if owner else None,
            token_id=token.pk if token else None,
            data=data,
        )
    )
    assert alert
    Alert.objects.filter(pk=alert.pk).update(created_at=at)
    TokenGuard.objects.filter(alert=alert).update(paused_at=at)
    return alert


def _budget(scope: str, percent: int) -> dict[str, Any]:
    return {
        "percent": percent, "scope": scope, "token_name": None, "period": "month", "hard": True,
        "limit_usd": "25", "settled_usd": f"{percent * 0.25 + 0.1184:.4f}", "held_usd": "0.0312",
        "simulated": False, "ends_at": "2026-12-01T00:00:00+00:00",
    }  # fmt: skip


def _doubt(demo: Demo) -> dict[str, Any]:
    run_id = str(demo.runs["succeeded"].pk)
    return {"run_id": run_id, "calls": 2, "amount_usd": "0.0184", "simulated": False}


def _rise(token: ApiToken) -> dict[str, Any]:
    return {
        "whose": f"Token “{token.name}”", "token_id": str(token.pk),
        "hour": "2026-11-29T14:00:00+00:00", "spent_usd": "7.2164", "limit_usd": "3.48",
        "factor": "3", "most_usd": "1.16", "most_at": "2026-11-23T14:00:00+00:00",
        "ordinary_usd": "0.41", "hours": 88, "simulated": False, "paused": False,
    }  # fmt: skip


def _worker() -> dict[str, Any]:
    moment = "2026-11-29T02:11:08+00:00"
    return {"name": "worker-3@gpu-2", "seen_at": moment, "expires_at": moment}


def _breaker() -> dict[str, Any]:
    return {
        "model": "gpt-4.1", "failures": 5, "since": "2026-11-29T09:12:00+00:00",
        "why": "The provider can’t be reached.", "fallback": "gpt-4.1-mini", "open_s": 30,
    }  # fmt: skip


def _audit(demo: Demo) -> dict[str, Any]:
    run_id = demo.runs["succeeded"].pk
    return {
        "at": "2026-11-29T03:00:00+00:00", "lines": 18_402, "count": 1,
        "differences": [f"run {run_id}: 0.0093 here, 0.0092 in the ledger"],
    }  # fmt: skip
