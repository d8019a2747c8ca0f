"""Pictures of the API's features on pages: reference, labels, feedback, and intake."""

from playwright.sync_api import Page

from runs.models import Run
from tests.browser.screenshots.demo import Demo
from tests.browser.screenshots.view import View, run_view

LABELS = {
    "tags": ["invoices", "nightly"],
    "session_id": "chat-4711",
    "customer": "Nordlicht GmbH",
    "metadata": {"ticket": "OPS-2291"},
}


def api_views(demo: Demo) -> list[View]:
    """The reference unfolded and searched, its problems; labelled runs, one of them judged."""
    for name in ("succeeded", "trace", "by-schema"):
        Run.objects.filter(pk=demo.runs[name].pk).update(**LABELS)
    maya, reference = demo.maya, "/api/docs/"
    return [
        View("api-reference-open", maya, f"{reference}#runs_approve"),
        View("api-reference-object", maya, f"{reference}#object-Webhook"),
        View("api-reference-found", maya, reference, _find),
        View("api-problems", maya, "/api/docs/problems/"),
        View("api-problem", maya, "/api/docs/problems/#budget_exceeded"),
        View("runs-labels", maya, "/runs/?tag=nightly&metadata[ticket]=OPS-2291"),
        View("runs-session", maya, "/runs/?session_id=chat-4711"),
        run_view(demo, "trace", "judged", _judge),
    ]


def intake_views(demo: Demo) -> list[View]:
    """Where staff pause the intake of new runs."""
    maya, page = demo.maya, "/ops/intake/"
    return [
        View("intake", maya, page),
        View("intake-wrong", maya, page, _no_reason),
        View("intake-paused", maya, page, _pause),
        View("operations-paused", maya, "/ops/"),
        View("new-paused", maya, "/"),
        View("intake-history", maya, page, _resume),
    ]


def _find(page: Page) -> None:
    page.get_by_role("searchbox", name="Find an operation").fill("webhook rotate")


def _judge(page: Page) -> None:
    page.get_by_label("Comment").fill("The fix works; the second sentence was not needed.")
    page.get_by_role("button", name="Good", exact=True).click()
    page.locator('[name="score"][aria-pressed="true"]').wait_for()


def _no_reason(page: Page) -> None:
    page.get_by_role("button", name="Pause intake").click()
    page.locator(".error-text").wait_for()


def _pause(page: Page) -> None:
    reason = page.get_by_label("Why")
    if reason.count():
        reason.fill("The provider changes its prices at 18:00.")
        _press(page, "Pause intake")


def _resume(page: Page) -> None:
    if page.get_by_role("button", name="Take new runs in again").count():
        _press(page, "Take new runs in again")


def _press(page: Page, button: str) -> None:
    """The site goes on to Operations, and the picture is of the form."""
    page.get_by_role("button", name=button).click()
    page.wait_for_url("**/ops/")
    page.goto("/ops/intake/")
