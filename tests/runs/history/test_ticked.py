"""What is done to ticked runs: each as if alone, with a report, and nothing to anyone else's."""

from uuid import uuid4

import pytest

from runs.models import Run
from tests import journal
from tests.factories import RunFactory, set_budget

pytestmark = pytest.mark.django_db


@pytest.fixture
def post(client_for, alice):
    browser = client_for(alice)

    def post(action, runs, **more):
        body = {"action": action, "run": [run.pk for run in runs], "key": str(uuid4()), **more}
        return browser.post("/runs/ticked/", body, follow=True)

    return post


def statuses(runs) -> list[str]:
    return [Run.objects.get(pk=run.pk).status for run in runs]


def test_one_is_cancelled_at_once(post, alice):
    runs = [journal.succeed(RunFactory.create(owner=alice)), RunFactory.create(owner=alice)]

    html = post("cancel", runs, query="status=queued").content.decode()

    assert "1 run cancelled, 1 had ended." in html
    assert sorted(statuses(runs)) == ["cancelled", "succeeded"]


def test_more_than_one_is_asked_about_with_the_number(post, alice):
    runs = RunFactory.create_batch(3, owner=alice)

    asked = post("cancel", runs).content.decode()
    before = statuses(runs)
    done = post("cancel", runs, confirmed="true").content.decode()

    assert "Cancel 3 runs?" in asked
    assert before == ["queued"] * 3
    assert "3 runs cancelled." in done
    assert statuses(runs) == ["cancelled"] * 3


def test_others_runs_are_not_touched(post, bob):
    run = RunFactory.create(owner=bob)

    assert "None of these runs" in post("cancel", [run]).content.decode()
    assert statuses([run]) == ["queued"]


def test_reruns_are_new_runs_of_the_same_input_and_one_form_starts_them_once(post, alice):
    runs = RunFactory.create_batch(2, owner=alice)
    key = str(uuid4())

    first = post("rerun", runs, key=key).content.decode()
    again = post("rerun", runs, key=key).content.decode()

    assert "2 runs started." in first
    assert "2 runs had been started already." in again
    assert sorted(alice.runs.values_list("task", flat=True)) == sorted(2 * [r.task for r in runs])


def test_a_rerun_that_is_refused_says_why(post, alice):
    set_budget(0.000001, scope="user", user=alice)

    html = post("rerun", [RunFactory.create(owner=alice)]).content.decode()

    assert "1 run not started:" in html
    assert alice.runs.count() == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"action": "cancel"}, "Tick the runs first."),
        ({"action": "cancel", "run": "nonsense"}, "One of these is no run."),
        ({"action": "cancel", "run": [str(uuid4()) for _ in range(101)]}, "Tick 100 runs at most."),
    ],
)
def test_a_bad_request_says_so_and_changes_nothing(client_for, alice, body, words):
    run = RunFactory.create(owner=alice)
    answer = client_for(alice).post("/runs/ticked/", {"key": str(uuid4()), **body}, follow=True)

    assert words in answer.content.decode()
    assert statuses([run]) == ["queued"]


def test_a_form_of_another_site_does_nothing(client_for, alice):
    browser, run = client_for(alice), RunFactory.create(owner=alice)
    browser.handler.enforce_csrf_checks = True
    body = {"action": "cancel", "run": run.pk, "key": str(uuid4())}

    assert browser.post("/runs/ticked/", body).status_code == 403
    assert statuses([run]) == ["queued"]
