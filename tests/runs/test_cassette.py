"""The cassette of a run: who gets it, what is in it, and what isn't."""

import uuid
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from accounts.models import Scope
from runs.engine.cassette.tape import loads
from runs.engine.types import Usage
from runs.models import Run, Step
from runs.selectors.cassette import cassette_of
from tests import journal
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(alice) -> Run:
    config = {"custom_instructions": "", "goals": ["short"], "prompts": {}, "roles": {}}
    run = RunFactory.create(owner=alice, metadata={"team": "blue"}, config=config)
    return journal.succeed(run, "42", cached=100)


def url(run: Run) -> str:
    return f"/api/v1/runs/{run.pk}/cassette/"


def test_it_has_the_task_the_calls_and_the_end(api_for, alice, run):
    response = api_for(alice).get(url(run))

    assert response.status_code == 200
    assert response["Content-Disposition"].startswith("attachment;")
    tape = loads(response.content)
    assert (tape.spec.task, tape.spec.goals) == (run.task, ("short",))
    assert (tape.result.status, tape.result.answer) == ("succeeded", "42")
    assert [call.key for call in tape.calls] == ["react/t1/think", "react/t2/think"]
    assert tape.calls[1].reply is not None
    assert tape.calls[1].reply.content == "42"
    assert tape.calls[1].usage == Usage(1236, 100, 248)
    assert [tool.tool for tool in tape.tools] == ["calculator"]


def test_nothing_in_it_is_its_owner_s_or_the_site_s(alice, run):
    text = cassette_of(run).dumps().decode()

    for private in (alice.email, alice.name, "blue", str(run.pk), "max_cost_usd", "gpt-4.1-mini-"):
        assert private not in text


def test_steps_of_another_run_are_marked(run):
    Step.objects.filter(run=run, key="react/t1/think").update(taken_usd=1)

    assert [call.taken for call in cassette_of(run).calls] == [True, False]


def test_only_who_may_read_the_run_gets_it(api_for, alice, bob, run):
    assert APIClient().get(url(run)).status_code == 401
    assert api_for(bob).get(url(run)).status_code == 404
    assert api_for(alice, [Scope.RUNS_WRITE]).get(url(run)).status_code == 403
    assert api_for(alice, [Scope.RUNS_READ]).get(url(run)).status_code == 200


def test_there_is_none_of_a_run_that_goes_on(api_for, alice):
    response = api_for(alice).get(url(journal.start(RunFactory.create(owner=alice))))

    assert (response.status_code, response.json()["code"]) == (409, "conflict")
    assert "still goes on" in response.json()["detail"]


def test_one_from_the_cache_names_the_run_that_made_the_calls(api_for, alice, run):
    hit = RunFactory.create(owner=alice)
    journal.finish(journal.start(hit), "42")
    Run.objects.filter(pk=hit.pk).update(cache_hit=True, paid_by=run)

    response = api_for(alice).get(url(hit))

    assert response.status_code == 409
    assert str(run.pk) in response.json()["detail"]


def test_a_command_writes_it(run, tmp_path: Path):
    printed = StringIO()
    call_command("export_run", str(run.pk), stdout=printed)
    call_command("export_run", str(run.pk), out=tmp_path / "run.json", stdout=StringIO())

    assert printed.getvalue().encode() == (tmp_path / "run.json").read_bytes()
    assert loads(printed.getvalue().encode()) == cassette_of(run)


def test_the_command_says_what_is_wrong(alice, run, tmp_path: Path):
    queued = RunFactory.create(owner=alice)
    for wrong, words in (
        ([str(uuid.uuid4())], "there is no run"),
        (["7"], "invalid UUID value"),
        ([str(queued.pk)], "still goes on"),
        ([str(run.pk), "--out", str(tmp_path / "no" / "file")], "No such file"),
    ):
        with pytest.raises(CommandError, match=words):
            call_command("export_run", *wrong)
