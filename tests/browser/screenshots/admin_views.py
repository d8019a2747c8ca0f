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
    pages = {
        "admin": "/admin/",
        "admin-users": "/admin/accounts/user/",
        "admin-user": f"/admin/accounts/user/{demo.jonas.pk}/change/",
        "admin-budgets": "/admin/billing/budget/",
        "admin-budget": f"/admin/billing/budget/{budget.pk}/change/",
        "admin-ledger": "/admin/billing/ledgerentry/",
        "admin-line": f"/admin/billing/ledgerentry/{line.pk}/change/",
        "admin-runs": "/admin/runs/run/",
        "admin-run": f"/admin/runs/run/{run.pk}/change/",
        "admin-prices": "/admin/billing/modelprice/",
    }
    return [View(name, admin, address, anew=True) for name, address in pages.items()]
