"""Pausing the intake of new runs: each door says why, and what is there goes on."""

import pytest

from billing.statements import run as execute
from runs import functions
from runs.errors import IntakePaused
from runs.functions import Outcome
from runs.models import IntakeChange, Run
from runs.services import Submission, submit_run
from runs.services.checks import checked
from runs.services.intake import set_intake
from runs.services.new_run import new_run
from tests import journal
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/runs/"
INTAKE = "/api/v1/admin/intake/"
WHY = "We move to another database until noon."


@pytest.fixture
def paused(staff) -> IntakeChange:
    return set_intake(paused=True, reason=WHY, by=staff)


def test_a_submit_is_refused_with_the_reason(api_for, alice, paused):
    response = api_for(alice).post(URL, {"task": "x"}, format="json")

    assert (response.status_code, response.json()["code"]) == (503, "unavailable")
    assert response.json()["detail"] == f"New runs are paused: {WHY}"
    assert int(response["Retry-After"]) > 0
    assert not Run.objects.exists()


def test_the_service_itself_refuses_so_every_door_does(alice, paused):
    with pytest.raises(IntakePaused, match="noon"):
        submit_run(owner=alice, submission=Submission("x"))


def test_so_does_the_function_that_stores_a_run_whoever_calls_it(alice, staff):
    asked = Submission("x")
    new = new_run(
        owner_id=alice.pk,
        api_token_id=None,
        submission=asked,
        plan=checked(asked),
        idempotency_key=None,
    )
    store = functions.submit(row=new.row, needs_usd=new.needs_usd)

    set_intake(paused=True, reason=WHY, by=staff)
    assert execute(store).outcome == Outcome.PAUSED
    assert not Run.objects.exists()
    set_intake(paused=False, by=staff)
    assert execute(store).outcome == Outcome.STORED


def test_a_request_that_had_its_run_is_told_of_it(api_for, alice, staff):
    api, options = api_for(alice), {"format": "json", "HTTP_IDEMPOTENCY_KEY": "k"}
    first = api.post(URL, {"task": "x"}, **options)
    set_intake(paused=True, reason=WHY, by=staff)
    again = api.post(URL, {"task": "x"}, **options)

    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])


def test_runs_that_are_there_go_on(alice, paused):
    run = journal.succeed(RunFactory.create(owner=alice))
    assert run.status == "succeeded"


def test_staff_pause_and_resume_over_the_api(api_for, alice, staff):
    api = api_for(staff)
    paused = api.post(INTAKE, {"paused": True, "reason": WHY}, format="json")
    again = api.post(INTAKE, {"paused": True, "reason": WHY}, format="json")
    refused = api_for(alice).post(URL, {"task": "x"}, format="json")
    resumed = api.post(INTAKE, {"paused": False}, format="json")
    taken = api_for(alice).post(URL, {"task": "x"}, format="json")

    assert (paused.status_code, paused.json()["reason"]) == (200, WHY)
    assert (paused.json()["paused"], paused.json()["by"]) == (True, staff.email)
    assert again.json() == paused.json()
    assert (refused.status_code, taken.status_code) == (503, 202)
    assert resumed.json()["paused"] is False
    assert [(word.paused, word.by) for word in IntakeChange.objects.all()] == [
        (False, staff),
        (True, staff),
    ]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "paused"),
        ({"paused": True}, "reason"),
        ({"paused": True, "reason": " "}, "reason"),
        ({"paused": True, "reason": "x" * 301}, "reason"),
        ({"paused": True, "reason": "x", "why": "y"}, "why"),
    ],
)
def test_a_pause_needs_its_reason(api_for, staff, body, named):
    response = api_for(staff).post(INTAKE, body, format="json")

    assert (response.status_code, list(response.json()["errors"])) == (400, [named])
    assert not IntakeChange.objects.exists()


def test_the_composer_says_why_and_keeps_the_task(client_for, alice, paused):
    browser = client_for(alice)
    page = browser.get("/")
    key = page.context["form"]["idempotency_key"].value()
    sent = browser.post(
        "/",
        {"task": "Keep me", "pattern": "react", "model": "auto", "idempotency_key": key},
    )

    assert WHY in page.content.decode()
    assert sent.status_code == 503
    assert "Keep me" in sent.content.decode()
    assert not Run.objects.exists()


def test_staff_pause_and_resume_on_their_page(client_for, alice, staff):
    browser = client_for(staff)
    assert client_for(alice).get("/ops/intake/").status_code == 404
    assert client_for(alice).post("/ops/intake/", {"paused": "false"}).status_code == 404

    journal.start(RunFactory.create(owner=alice))
    queued = RunFactory.create_batch(2, owner=alice)
    asked = browser.get("/ops/intake/").content.decode()
    without = browser.post("/ops/intake/", {"paused": "true", "reason": ""})
    browser.post("/ops/intake/", {"paused": "true", "reason": WHY})
    operations = browser.get("/ops/").content.decode()
    page = browser.get("/ops/intake/").content.decode()
    # A second member of staff had the form open, and pauses too.
    browser.post("/ops/intake/", {"paused": "true", "reason": WHY})

    assert f"1 running and {len(queued)} queued go on." in asked
    assert without.status_code == 422
    assert f"New runs are paused: {WHY}" in operations
    assert "Take new runs in again" in page
    assert IntakeChange.objects.count() == 1
    browser.post("/ops/intake/", {"paused": "false"})
    assert IntakeChange.objects.filter(paused=False).count() == 1
