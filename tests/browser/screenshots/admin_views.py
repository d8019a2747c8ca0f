"""Pictures of Django's admin, as a superuser sees it."""

from decimal import Decimal

from billing.models import Budget, LedgerEntry
from billing.services import create_budget, record_audit
from runs.models import Run
from tests.browser.screenshots.demo import Demo
from tests.browser.screenshots.view import View
from tests.factories import UserFactory


def admin_views(demo: Demo) -> list[View]:
    """The overview, lists and pages of a site with a past."""
    admin = UserFactory.create(
        email="ada@acme.example", name="Ada Lindqvist", is_staff=True, is_superuser=True
    )
    budget = Budget.objects.filter(scope="user").first() or create_budget(
        scope="user", user=demo.jonas, period="month", limit_usd=Decimal(5)
    )
    record_audit()
    line, run = LedgerEntry.objects.latest("id"), Run.objects.filter(owner=demo.jonas)[0]
    return [
        View("admin", admin, "/admin/"),
        View("admin-users", admin, "/admin/accounts/user/"),
        View("admin-user", admin, f"/admin/accounts/user/{demo.jonas.pk}/change/"),
        View("admin-budgets", admin, "/admin/billing/budget/"),
        View("admin-budget", admin, f"/admin/billing/budget/{budget.pk}/change/"),
        View("admin-ledger", admin, "/admin/billing/ledgerentry/"),
        View("admin-line", admin, f"/admin/billing/ledgerentry/{line.pk}/change/"),
        View("admin-runs", admin, "/admin/runs/run/"),
        View("admin-run", admin, f"/admin/runs/run/{run.pk}/change/"),
        View("admin-prices", admin, "/admin/billing/modelprice/"),
    ]
