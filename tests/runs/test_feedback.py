"""Whether an answer was good: over the API and from the run's page; the last word counts."""

import re

import pytest
from django.forms.models import model_to_dict

from accounts.models import Scope
from runs.models import Run
from tests import journal
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db
OWN = {"feedback", "feedback_comment", "feedback_at"}


@pytest.fixture
def run(alice) -> Run:
    return journal.succeed(RunFactory.create(owner=alice))


def url(run: Run) -> str:
    return f"/api/v1/runs/{run.pk}/feedback/"


def shown(api, run: Run):
    return api.get(f"/api/v1/runs/{run.pk}/").json()["feedback"]


def test_the_last_word_counts(api_for, alice, run):
    api = api_for(alice)
    assert shown(api, run) is None

    api.post(url(run), {"score": 1, "comment": " Good. "}, format="json")
    response = api.post(url(run), {"score": -1}, format="json")

    assert response.status_code == 200, response.content
    assert response.json() == shown(api, run)
    assert {name: response.json()[name] for name in ("score", "comment")} == {
        "score": -1,
        "comment": "",
    }


def test_nothing_else_of_the_run_changes(api_for, alice, run):
    before = model_to_dict(Run.objects.get(pk=run.pk))
    api_for(alice).post(url(run), {"score": 1, "comment": "Good."}, format="json")
    after = model_to_dict(Run.objects.get(pk=run.pk))

    assert {name for name in after if after[name] != before[name]} == OWN
    assert Run.objects.get(pk=run.pk).events.count() == run.events.count()


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "score"),
        ({"score": 0}, "score"),
        ({"score": 2}, "score"),
        ({"score": "1"}, "score"),
        ({"score": True}, "score"),
        ({"score": 1, "comment": "x" * 2001}, "comment"),
        ({"score": 1, "text": "x"}, "text"),
    ],
)
def test_what_is_no_word_is_refused(api_for, alice, run, body, named):
    response = api_for(alice).post(url(run), body, format="json")

    assert (response.status_code, list(response.json()["errors"])) == (400, [named])
    assert Run.objects.get(pk=run.pk).feedback is None


def test_only_the_owner_says_so_with_a_token_that_writes(api_for, alice, bob, run):
    body = {"score": 1}
    assert api_for(bob).post(url(run), body, format="json").status_code == 404
    reader = api_for(alice, scopes=[Scope.RUNS_READ])
    assert reader.post(url(run), body, format="json").status_code == 403
    assert Run.objects.get(pk=run.pk).feedback is None


def test_runs_are_found_by_it(api_for, alice, run):
    RunFactory.create(owner=alice)
    api = api_for(alice)
    api.post(url(run), {"score": -1}, format="json")

    bad = api.get("/api/v1/runs/?feedback=-1").json()["results"]
    good = api.get("/api/v1/runs/?feedback=1").json()["results"]

    assert [one["id"] for one in bad] == [str(run.pk)]
    assert good == []
    assert api.get("/api/v1/runs/?feedback=0").status_code == 400


def test_the_page_has_two_buttons_and_a_comment(client_for, alice, bob, run):
    browser = client_for(alice)
    address = f"/runs/{run.pk}/feedback/"
    assert f'action="{address}"' in browser.get(f"/runs/{run.pk}/").content.decode()

    browser.post(address, {"score": "-1", "comment": "Wrong <year>."})
    html = browser.get(f"/runs/{run.pk}/").content.decode()

    assert 'value="Wrong &lt;year&gt;."' in html
    pressed = re.findall(r'value="(-?1)" aria-pressed="true"', html)
    assert pressed == ["-1"]
    assert client_for(bob).post(address, {"score": "1"}).status_code == 404
    browser.post(address, {"score": "5"})
    assert Run.objects.get(pk=run.pk).feedback == -1


def test_a_run_that_goes_on_is_not_asked_about(client_for, alice):
    going_on = RunFactory.create(owner=alice)
    assert "Was it good?" not in client_for(alice).get(f"/runs/{going_on.pk}/").content.decode()
