"""The pictures of what is kept, taken along and deleted."""

from accounts.models import User
from runs.details import Detail
from runs.models import Run
from runs.retention.emptying import delete_detail
from runs.states import Status
from tests.browser.screenshots.demo import Demo
from tests.browser.screenshots.view import View

KEPT_DAYS = 30


def data_views(demo: Demo) -> list[View]:
    """An account, the way out of it, a month's invoice, and a run of which the bill is left."""
    maya, jonas = demo.maya, demo.jonas
    bare = _bare_run(maya)
    return [
        View("account-delete", jonas, "/account/delete/"),
        View("account-delete-other", _superuser(), f"/ops/users/{jonas.pk}/delete/"),
        View("invoice", maya, f"/invoices/{bare.created_at:%Y-%m}/"),
        View("invoice-none", demo.newcomer, "/invoices/2026-01/"),
        View("run-bare", maya, f"/runs/{bare.pk}/"),
    ]


def _bare_run(owner: User) -> Run:
    run = Run.objects.visible_to(owner).filter(status=Status.SUCCEEDED).latest("pk")
    for detail in Detail:
        delete_detail(detail, [run.pk], days=KEPT_DAYS)
    return run


def _superuser() -> User:
    return User.objects.create_superuser("root@acme.example", name="Root")
