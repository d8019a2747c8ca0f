"""What only staff may do leaves an entry in the audit log: all that writes, all that downloads."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from accounts.audit_models import Action, AuditEntry
from accounts.models import User
from billing.forms import NewBudgetForm
from runs.models import Customer
from tests.factories import PASSWORD
from tests.permissions.requests import all_routes, is_api, methods
from tests.permissions.world import BILL, Body, World
from tests.runs.breaking import close_all, opened, put

pytestmark = pytest.mark.django_db

MODEL = "gpt-4.1-mini"
# What is sent to pages; what is sent to the API is the world's.
BODIES: dict[str, Body] = {
    "budgets/": {
        "scope": "site",
        "period": "day",
        "timezone": "UTC",
        "limit_usd": "7",
        "kind": "hard",
    },
    "budgets/<uuid:pk>/": {"limit_usd": "7", "kind": "hard"},
    "budgets/<uuid:pk>/raise/": {"raise-limit_usd": "7"},
    "ops/breaker/": {"model": MODEL},
    "ops/doubt/<int:entry_id>/": {"amount_usd": "0", "reason": "It is not on the bill."},
    "ops/intake/": {"reason": "Soon."},
    "ops/kill/": {"scope": "pattern", "pattern": "storm", "reason": "Soon."},
    "ops/users/<int:pk>/delete/": {"email": "alice@example.org", "password": PASSWORD},
    "runs/<uuid:run_id>/fund/": {"add_usd": "1"},
}


@pytest.fixture(autouse=True)
def breaker() -> Iterator[None]:
    """Calls of the model keep failing."""
    put(MODEL, opened())
    yield
    close_all()


def test_what_only_staff_may_do_is_recorded(world: World, staff: User) -> None:
    unsent, unrecorded, seen = {}, {}, set()
    for method, route in _refused_to_others(world):
        answer, actors = _asked(world, method, route, "staff")
        if answer.status_code in (403, 404, 405) or not _matters(method, answer):
            continue
        asked = f"{method} {route}"
        seen.add(asked)
        if not _done(method, route, answer):
            unsent[asked] = answer.status_code
        elif actors != {staff.pk}:
            unrecorded[asked] = actors

    assert unsent == {}, "say in BODIES what these take"
    assert unrecorded == {}, "what these do is not recorded"
    assert seen > {"GET audit/export.csv", "POST ops/breaker/", "POST ops/bills/"}
    assert len(seen) > 20


def _refused_to_others(world: World) -> Iterator[tuple[str, str]]:
    """Methods and routes that don't let another user in; Django's admin has its own log."""
    for route, pattern in all_routes().items():
        if route.startswith("admin/"):
            continue
        for method in methods(pattern):
            answer, _ = _asked(world, method, route, "other")
            if answer.status_code in (403, 404):
                yield method, route


def _matters(method: str, answer: Any) -> bool:
    """Whether something is written or downloaded."""
    return method != "GET" or "attachment" in answer.headers.get("Content-Disposition", "")


def _done(method: str, route: str, answer: Any) -> bool:
    """A page that did what it was asked for leads to another one."""
    is_form = method == "POST" and not is_api(route)
    return bool(answer.status_code == 302 if is_form else answer.status_code < 300)


def _asked(world: World, method: str, route: str, who: str) -> tuple[Any, set[int | None]]:
    """The answer to a request that leaves nothing behind, and the actors of its entries."""
    person = (world.with_tokens if is_api(route) else world.with_browsers)[who]
    body = world.bodies.get(route, {}) if is_api(route) else _sent_to_page(route)
    options: Any = {"content_type": "application/json"} if is_api(route) else {}
    known = AuditEntry.objects.count()
    with transaction.atomic():
        send = getattr(person.client(), method.lower())
        answer = send(world.address(route), {} if method == "GET" else body, **options)
        new = AuditEntry.objects.count() - known
        actors = set(AuditEntry.objects.values_list("actor_id", flat=True)[:new])
        transaction.set_rollback(True)
    return answer, actors


def _sent_to_page(route: str) -> Body:
    if route == "ops/bills/":
        file = SimpleUploadedFile("bill.csv", BILL.encode())
        return {"provider": settings.PROVIDERS[0].name, "file": file}
    if route == "budgets/":
        form = NewBudgetForm(BODIES[route])
        assert form.is_valid()
        return {**BODIES[route], "seen": form.signature}
    return BODIES.get(route, {})


def test_several_things_deleted_at_once_in_the_admin_are_recorded_one_by_one(
    staff: User, client: Client
) -> None:
    customers = [Customer.objects.create(name=name) for name in ("one", "two")]
    client.force_login(staff)
    chosen = {"action": "delete_selected", "_selected_action": [one.pk for one in customers]}
    page = client.post("/admin/runs/customer/", chosen)
    assert page.status_code == 200
    assert not AuditEntry.objects.filter(action=Action.ADMIN_CHANGE).exists()

    client.post("/admin/runs/customer/", {**chosen, "post": "yes"})

    assert not Customer.objects.exists()
    deleted = AuditEntry.objects.filter(action=Action.ADMIN_CHANGE, actor_id=staff.pk)
    assert {entry.about_id for entry in deleted} == {str(customer.pk) for customer in customers}
