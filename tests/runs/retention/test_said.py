"""A run whose details are gone says so wherever they are asked for, and shows what is kept."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from runs.errors import DetailsDeleted
from runs.models import Run
from runs.openai.responses_request import API
from runs.retention.batches import delete_of_runs
from runs.retention.kinds import kinds_of_runs
from runs.retention.passes import delete_old
from runs.services import submit_run
from runs.submission import Fork, Submission
from tests import journal
from tests.factories import RunFactory
from tests.race import race
from tests.runs.retention.ages import aged, keep_for, keep_nothing_for

pytestmark = pytest.mark.django_db

URL = "/api/v1/runs/"
STEPS_GONE = (
    "Its steps were deleted 30 days after the run ended. The run’s cost and status are kept."
)


@pytest.fixture
def bare(alice: User, settings: Any) -> Run:
    """A run of which only the bill is kept."""
    run = aged(journal.succeed(RunFactory.create(owner=alice, task="Sum up.")), 40)
    keep_nothing_for(settings, 30)
    delete_old()
    run.refresh_from_db()
    return run


def test_the_run_itself_is_read_as_before(
    bare: Run, alice: User, api_for: Callable[..., APIClient]
) -> None:
    body = api_for(alice).get(f"{URL}{bare.pk}/").json()

    assert body["deleted_details"] == {"steps": 30, "events": 30, "answer": 30, "task": 30}
    assert (body["status"], body["task"], body["answer"]) == ("succeeded", "", None)
    ledger = api_for(alice).get(f"{URL}{bare.pk}/ledger/").json()
    assert body["cost_usd"] == ledger["cost_usd"] != "0"


@pytest.mark.parametrize("part", ["steps", "events", "cassette"])
def test_what_is_gone_is_410(
    part: str, bare: Run, alice: User, api_for: Callable[..., APIClient]
) -> None:
    answer = api_for(alice).get(f"{URL}{bare.pk}/{part}/")

    assert (answer.status_code, answer.json()["code"]) == (410, "details_deleted")
    assert "deleted 30 days after the run ended" in answer.json()["detail"]


def test_the_event_stream_is_410_and_no_browser_comes_back(
    bare: Run, alice: User, api_for: Callable[..., APIClient]
) -> None:
    answer = api_for(alice).get(f"{URL}{bare.pk}/events/", HTTP_ACCEPT="text/event-stream")

    assert answer.status_code == 410


def test_nothing_new_is_made_of_it(
    bare: Run, alice: User, api_for: Callable[..., APIClient]
) -> None:
    client = api_for(alice)
    fork = {"fork": {"run": str(bare.pk), "step": "react/t1/think"}}

    answers = [
        client.post(f"{URL}{bare.pk}/rerun/", {}, format="json"),
        client.post(URL, fork, format="json"),
        client.post(URL, {**fork, "task": "Go on.", "pattern": "react"}, format="json"),
    ]

    assert [(one.status_code, one.json()["code"]) for one in answers] == [
        (410, "details_deleted")
    ] * 3
    assert Run.objects.count() == 1


def test_a_run_without_steps_can_be_rerun_and_not_forked(
    alice: User, settings: Any, api_for: Callable[..., APIClient]
) -> None:
    run = aged(journal.succeed(RunFactory.create(owner=alice)), 40)
    keep_for(settings, steps=30)
    delete_old()
    client = api_for(alice)
    fork = {"task": run.task, "pattern": "react", "fork": {"run": str(run.pk), "step": "x"}}

    assert client.post(f"{URL}{run.pk}/rerun/", {}, format="json").status_code == 202
    refused = client.post(URL, fork, format="json")
    assert (refused.status_code, refused.json()["detail"]) == (410, STEPS_GONE)


@pytest.mark.django_db(transaction=True)
def test_a_fork_that_comes_as_the_steps_go_is_refused(alice: User, settings: Any) -> None:
    run = aged(journal.succeed(RunFactory.create(owner=alice)), 40)
    keep_for(settings, steps=30)
    (kind,) = kinds_of_runs()
    fork = Submission(task=run.task, pattern="react", fork=Fork(run.pk, "react/t1/think"))

    def go_on() -> str:
        try:
            submit_run(owner=alice, submission=fork)
        except DetailsDeleted as error:
            return str(error)
        return "taken in"

    assert race(lambda: delete_of_runs(kind), go_on) == STEPS_GONE
    assert Run.objects.count() == 1


def test_runs_are_compared_only_while_whole(
    bare: Run, alice: User, api_for: Callable[..., APIClient], client_for: Callable[[User], Client]
) -> None:
    whole = journal.succeed(RunFactory.create(owner=alice))
    query = f"?a={bare.pk}&b={whole.pk}"

    assert api_for(alice).get(f"{URL}compare/{query}").status_code == 410
    page = client_for(alice).get(f"/runs/compare/{query}").content.decode()
    assert "Of run A: Its steps were deleted 30 days after the run ended." in page
    assert "Of run A: Its answer was deleted 30 days after the run ended." in page
    assert "only B" not in page


def test_a_stored_response_is_no_longer_found(
    alice: User, settings: Any, api_for: Callable[..., APIClient]
) -> None:
    config = {
        "custom_instructions": "", "goals": [], "prompts": {}, "roles": {},
        "front": {"api": API, "store": True, "input": "Sum up.", "previous_response_id": None},
    }  # fmt: skip
    run = aged(journal.succeed(RunFactory.create(owner=alice, config=config)), 40)
    keep_for(settings, answers=30, tasks=30)
    delete_old()

    assert api_for(alice).get(f"/v1/responses/resp_{run.pk.hex}").status_code == 404
    run.refresh_from_db()
    assert run.config["front"] == {"api": API, "store": False}


def test_its_page_says_what_is_gone_and_shows_the_bill(
    bare: Run, alice: User, client_for: Callable[[User], Client]
) -> None:
    page = client_for(alice).get(f"/runs/{bare.pk}/").content.decode()

    assert "Its steps, its events, its answer and its task were deleted 30 days after" in page
    assert "A task that is no longer kept" in page
    assert "Equals the sum of 2 ledger lines" in page
    assert "Differs" not in page
    assert "Rerun" not in page


def test_lists_name_it_and_the_form_is_not_filled_from_it(
    bare: Run, alice: User, client_for: Callable[[User], Client]
) -> None:
    client = client_for(alice)

    assert "A task that is no longer kept" in client.get("/runs/").content.decode()
    refused = client.get(f"/?from={bare.pk}")
    assert refused.status_code == 410
    assert "Its task was deleted 30 days after the run ended." in refused.content.decode()


def test_it_makes_no_cassette(bare: Run) -> None:
    with pytest.raises(CommandError, match="deleted 30 days after the run ended"):
        call_command("export_run", str(bare.pk))


def test_the_plain_api_says_it_too(
    bare: Run, alice: User, api_for: Callable[..., APIClient]
) -> None:
    assert api_for(alice).get(f"/agent/result/{bare.pk}").status_code == 410
