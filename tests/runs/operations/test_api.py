"""The API for staff: the state of the site, and cancelling all of a user's runs."""

import pytest
from django.urls import reverse

from accounts.models import Scope
from runs.breakers import reader
from runs.models import Run
from tests import journal
from tests.factories import RunFactory
from tests.runs.breaking import close_all, opened, put

pytestmark = pytest.mark.django_db
OPS = "/api/v1/admin/ops/"


def cancel_url(user) -> str:
    return f"/api/v1/admin/users/{user.pk}/cancel-runs/"


@pytest.mark.parametrize(
    ("method", "url"), [("get", OPS), ("post", "/api/v1/admin/intake/"), ("post", None)]
)
def test_only_staff_with_the_scope_may(api_for, alice, staff, method, url):
    url = url or cancel_url(alice)
    body = {"paused": False} if "intake" in url else None

    def status(user, scopes=None):
        return getattr(api_for(user, scopes=scopes), method)(url, body, format="json").status_code

    others = [scope for scope in Scope.values if scope != Scope.ADMIN]
    assert status(alice, [*Scope.values]) == 403
    assert status(staff, others) == 403
    assert status(staff, [Scope.ADMIN]) in (200, 202)


def test_the_state_of_the_site_agrees_with_its_page(api_for, client_for, alice, staff):
    journal.succeed(RunFactory.create(owner=alice, simulated=False))
    running = journal.start(RunFactory.create(owner=alice))
    journal.dispatch(running)
    RunFactory.create(owner=alice)

    body = api_for(staff).get(OPS).json()
    site = client_for(staff).get(reverse("runs:operations")).context["site"]

    assert body["problems"] == [problem.words for problem in site.problems]
    assert (body["runs"]["running"], body["runs"]["queued"]) == (1, 1)
    assert body["runs"]["oldest_wait_s"] >= 0
    assert body["intake"] == {"paused": False, "reason": "", "by": None, "at": None}
    (one,) = body["running"]
    assert (one["id"], one["user"]) == (str(running.pk), alice.email)
    assert "task" not in one
    (spender,) = body["users"]
    assert (spender["user"], spender["active_runs"]) == (alice.email, 2)
    assert spender["spent_usd"] == body["spend"]["spent_usd"] == f"{site.spent_usd.normalize():f}"
    runs = {state.worker.name: state.runs for state in site.workers}
    assert {worker["name"]: worker["runs"] for worker in body["workers"]} == runs
    assert {worker["state"] for worker in body["workers"]} <= {"ready", "working", "late", "gone"}
    assert body["in_doubt"]["calls"] == 0
    assert [model["model"] for model in body["models"]] == [m.model for m in site.models]


def test_all_of_a_users_runs_are_cancelled_and_nobody_elses(api_for, alice, bob, staff):
    ended = journal.succeed(RunFactory.create(owner=alice))
    running = journal.start(RunFactory.create(owner=alice))
    queued = RunFactory.create(owner=alice)
    theirs = RunFactory.create(owner=bob)
    api = api_for(staff)

    first, again = api.post(cancel_url(alice)), api.post(cancel_url(alice))

    assert (first.status_code, first.json()) == (202, {"cancelled": 2})
    assert (again.status_code, again.json()) == (202, {"cancelled": 0})
    states = {run.pk: run.status for run in Run.objects.all()}
    assert states == {
        queued.pk: "cancelled",
        running.pk: "cancelling",
        ended.pk: "succeeded",
        theirs.pk: "queued",
    }


def is_open(model: str) -> bool:
    seen = reader().of([model])
    assert seen is not None
    return seen.is_open(model)


@pytest.mark.parametrize("pk", [0, 10**30])
def test_nobody_has_no_runs(api_for, staff, pk):
    response = api_for(staff).post(f"/api/v1/admin/users/{pk}/cancel-runs/")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_staff_let_a_model_be_called_again(client_for, alice, staff, settings):
    model = settings.PROVIDER_MODELS[0]
    put(model, opened(for_s=600))
    try:
        html = client_for(staff).get("/ops/").content.decode()
        refused = client_for(alice).post("/ops/breaker/", {"model": model})
        still_open = is_open(model)
        client_for(staff).post("/ops/breaker/", {"model": model})
        closed = not is_open(model)
    finally:
        close_all()

    assert f'value="{model}"' in html
    assert refused.status_code == 404
    assert (still_open, closed) == (True, True)
