"""The admin in a browser: in both themes, on a desktop and on a phone, by its keyboard.

The looser policy of its pages is Unfold's need; within it, nothing is refused and nothing fails.
"""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from billing.models import LedgerEntry
from runs.models import Run
from tests import journal
from tests.browser.axe import EVERY_RULE, violations
from tests.browser.widths import DESKTOP, PHONE, TABLET, too_wide
from tests.factories import RunFactory, set_budget

pytestmark = pytest.mark.browser
# What the markup of Unfold, Django's filter of choices and Select2 break, which isn't ours.
OF_UNFOLD = (
    *("label", "select-name", "link-name", "list", "listitem", "scrollable-region-focusable"),
    *("aria-prohibited-attr", "aria-input-field-name"),
)


@pytest.fixture
def admin(owner: User) -> User:
    """The owner of everything here, who may see all of it."""
    User.objects.filter(pk=owner.pk).update(is_staff=True, is_superuser=True)
    return User.objects.get(pk=owner.pk)


def addresses(owner: User) -> list[str]:
    run = journal.succeed(RunFactory.create(owner=owner, task="A long task. " * 40))
    budget, line = set_budget(), LedgerEntry.objects.filter(run_id=run.pk)[0]
    return [
        "/admin/",
        "/admin/accounts/user/",
        f"/admin/accounts/user/{owner.pk}/change/",
        "/admin/billing/budget/add/",
        f"/admin/billing/budget/{budget.pk}/change/",
        "/admin/billing/ledgerentry/",
        f"/admin/billing/ledgerentry/{line.pk}/change/",
        "/admin/billing/modelprice/",
        "/admin/runs/run/",
        f"/admin/runs/run/{run.pk}/change/",
    ]


def test_its_pages_fit_and_keep_to_the_rules(
    page_for: Callable[..., Page], admin: User, no_worker: None
) -> None:
    page = page_for(admin)
    rules = {**EVERY_RULE, "rules": {rule: {"enabled": False} for rule in OF_UNFOLD}}
    found = {}
    for address in addresses(admin):
        page.set_viewport_size(DESKTOP)
        page.emulate_media(color_scheme="light")
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        lines = violations(page, rules)
        page.emulate_media(color_scheme="dark")
        page.reload()
        lines += violations(page, rules)
        for size in (TABLET, PHONE):
            page.set_viewport_size(size)
            lines += too_wide(page)
        if lines:
            found[address] = lines
    assert found == {}, json.dumps(found, indent=1)


def test_the_sites_theme_is_the_admins(page_for: Callable[..., Page], admin: User) -> None:
    page = page_for(admin, color_scheme="light")
    page.goto("/account/")
    page.evaluate("localStorage.setItem('theme', 'dark')")
    page.goto("/admin/")
    expect(page.locator("html")).to_have_class("dark")
    background = "getComputedStyle(document.querySelector('#main')).backgroundColor"
    assert page.evaluate(background) == "rgb(21, 23, 27)"


def test_a_run_is_found_and_its_lines_are_a_click_away(
    page_for: Callable[..., Page], admin: User, no_worker: None
) -> None:
    run: Run = journal.succeed(RunFactory.create(owner=admin, task="What is 6 * 7?"))
    page = page_for(admin)
    page.goto("/admin/runs/run/")
    page.keyboard.press("/")
    page.keyboard.type(f"https://agents.example.org/runs/{run.pk}/")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="What is 6 * 7?").click()
    page.get_by_role("link", name="Ledger lines").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(run.llm_calls)
