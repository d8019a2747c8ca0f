"""The pictures of pages that show what may be spent."""

from playwright.sync_api import Page

from billing.models import Confidence, LedgerEntry
from tests.browser.screenshots.demo import Demo
from tests.browser.screenshots.view import Act, View, click_link, run_view

TASK = "Which of our EU regions had the lowest p95 last week?"


def without_limits(demo: Demo) -> list[View]:
    """Before anything limits these readers."""
    return [
        View("budgets-none", demo.newcomer, "/budgets/"),
        View("new-formula", demo.newcomer, "/", _fill("Reflection", "gpt-4.1")),
        View("new-offline", demo.newcomer, "/", _offline),
        run_view(demo, "landed"),
        run_view(demo, "unpaid"),
    ]


def with_limits(demo: Demo) -> list[View]:
    """Budgets, refusals and estimates; nothing runs."""
    maya, priya, noor = demo.maya, demo.priya, demo.noor
    doubt = LedgerEntry.objects.filter(
        confidence=Confidence.IN_DOUBT, reverses=None, reversed_by=None
    ).earliest("id")
    month = f"/budgets/{demo.budgets['month'].pk}/"
    return [
        View("budgets-used-up", noor, "/budgets/"),
        View("budgets-tokens", maya, "/budgets/?scope=token"),
        View("budgets-new", maya, "/budgets/", _new_budget(limit="0.50")),
        View("budgets-new-used-up", maya, "/budgets/", _new_budget(limit="0.10")),
        View("budgets-new-wrong", maya, "/budgets/", _wrong_budget),
        View("budget", maya, month),
        View("budget-raised", maya, f"/budgets/{demo.budgets['raised'].pk}/"),
        View("budget-over", maya, f"/budgets/{demo.budgets['over'].pk}/"),
        View("budget-wrong", maya, month, _wrong_limit),
        View("budget-delete", maya, month, click_link("Delete")),
        View("usage-budgets", demo.jonas, "/usage/"),
        View("new-history", maya, f"/?from={demo.runs['succeeded'].pk}"),
        View("new-tight", priya, "/", _fill("Reflection")),
        View("new-used-up", noor, "/", _fill()),
        View("new-limit-wrong", maya, "/", _wrong_cost_limit),
        View("new-no-money", noor, "/", _refused("form.requestSubmit()")),
        View("refused", noor, "/", _refused("HTMLFormElement.prototype.submit.call(form)")),
        View("resolve", maya, f"/ops/doubt/{doubt.pk}/"),
        View("resolve-wrong", maya, f"/ops/doubt/{doubt.pk}/", _resolve_too_much),
    ]


def live_limits(demo: Demo) -> list[View]:
    """While runs hold money."""
    return [
        View("budgets", demo.jonas, "/budgets/"),
        View("budgets-staff", demo.maya, "/budgets/"),
        run_view(demo, "waiting"),
    ]


def differing_books(demo: Demo) -> list[View]:
    """After an audit that found something."""
    return [
        View("operations-differ", demo.maya, "/ops/"),
        View("budgets-differ", demo.maya, "/budgets/?scope=site"),
    ]


def _fill(pattern: str = "ReAct", model: str = "auto") -> Act:
    def fill(page: Page) -> None:
        page.get_by_role("radio", name=pattern).check(force=True)
        page.get_by_label("Model", exact=True).select_option(model)
        with page.expect_response("**/estimate/"):
            page.get_by_role("textbox", name="Task").fill(TASK)
        page.locator("#estimate:not(.stale)").wait_for()

    return fill


def _offline(page: Page) -> None:
    page.route("**/estimate/", lambda route: route.abort())
    page.get_by_role("textbox", name="Task").fill(TASK)
    page.get_by_text("No forecast right now").wait_for()
    page.unroute("**/estimate/")


def _refused(send: str) -> Act:
    """Sent all the same: between two estimates the money can run out."""

    def refused(page: Page) -> None:
        page.get_by_role("textbox", name="Task").fill(TASK)
        with page.expect_navigation():
            page.evaluate(f"{{ const form = document.getElementById('composer'); {send}; }}")
        why = page.get_by_role("link", name="Why it was refused")
        if why.count():
            why.click()

    return refused


def _new_budget(limit: str) -> Act:
    def fill(page: Page) -> None:
        click_link("New budget")(page)
        dialog = page.get_by_role("dialog", name="New budget")
        dialog.get_by_label("User, by email").fill("priya@acme.example")
        dialog.get_by_role("radio", name="A day").check(force=True)
        dialog.get_by_label("Time zone").select_option("Europe/Paris")
        with page.expect_response("**/budgets/preview/*limit_usd=" + limit + "*"):
            dialog.get_by_label("Limit").fill(limit)
        dialog.locator("[data-preview-box] .alert").wait_for()

    return fill


def _wrong_budget(page: Page) -> None:
    click_link("New budget")(page)
    dialog = page.get_by_role("dialog", name="New budget")
    dialog.get_by_label("User, by email").fill("tomas@acme.example")
    dialog.get_by_label("Limit").fill("-5")
    dialog.get_by_role("button", name="Create budget").click()
    page.get_by_text("No user has this address.").wait_for()


def _wrong_limit(page: Page) -> None:
    page.get_by_label("Limit", exact=True).fill("a lot")
    page.get_by_role("button", name="Change budget").click()
    page.locator("#id_limit_usd_error").wait_for()


def _wrong_cost_limit(page: Page) -> None:
    page.get_by_role("textbox", name="Task").fill(TASK)
    page.get_by_label("Cost limit").fill("0")
    page.locator("#submit").click()
    page.locator("#id_max_cost_usd_error").wait_for()


def _resolve_too_much(page: Page) -> None:
    page.get_by_label("Cost of the call").fill("12")
    page.get_by_label("How it is known").fill("The provider's usage page")
    page.get_by_role("button", name="Resolve").click()
    page.locator(".error-text").first.wait_for()
