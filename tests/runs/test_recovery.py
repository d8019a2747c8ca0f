"""A resumed run says once where it goes on and what reading back its steps has saved."""

import pytest

from runs import functions
from runs.events import StepReplayed
from runs.models import Run, Step
from tests import journal
from tests.factories import RunFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_agree")]


def replay(run: Run, key: str) -> None:
    step = Step.objects.get(run=run, key=key, status="done")
    event = StepReplayed(key=key, attempt=1, label="Think", kind="llm", cost_usd="1", saved_usd="1")
    journal.do(functions.emit, run, event=event, replayed=step.pk)


def test_a_step_is_saved_once_however_often_it_is_read_back() -> None:
    run = journal.start(RunFactory.create())
    journal.buy(run)
    for _ in range(2):
        journal.lose_worker(run)
        journal.start(run)
        replay(run, "react/t1/think")
    run.refresh_from_db()
    assert run.saved_usd == Step.objects.get(replayed=True).cost_usd == run.cost_usd


def test_a_recovery_is_told_once_an_epoch_with_exact_figures() -> None:
    run = journal.start(RunFactory.create())
    journal.buy(run)
    journal.use_tool(run)
    journal.buy(run, "react/t2/think", fresh=1236, output=248)
    journal.lose_worker(run)
    journal.start(run)
    replay(run, "react/t1/think")
    replay(run, "react/t2/think")
    (event,) = journal.do(functions.tell_recovered, run).events
    saved = journal.cost("gpt-4.1-mini", 812 + 1236, 0, 224 + 248)
    assert event["data"] == {
        "code": "recovered",
        "message": f"Recovered at step 4, saved ${saved.normalize():f}.",
        "step": 4,
        "saved_usd": f"{saved.normalize():f}",
        "epoch": run.epoch,
    }
    assert journal.do(functions.tell_recovered, run).events == []


def test_a_saved_amount_has_four_decimals_at_least() -> None:
    run = journal.start(RunFactory.create())
    journal.buy(run, fresh=85_000, output=0)
    journal.lose_worker(run)
    journal.start(run)
    replay(run, "react/t1/think")
    (event,) = journal.do(functions.tell_recovered, run).events
    assert event["data"]["message"] == "Recovered at step 2, saved $0.0340."


def test_the_runs_page_says_so(client_for, alice) -> None:
    run = journal.start(RunFactory.create(owner=alice))
    journal.buy(run, fresh=85_000, output=0)
    journal.lose_worker(run)
    journal.start(run)
    replay(run, "react/t1/think")
    journal.do(functions.tell_recovered, run)
    html = client_for(alice).get(f"/runs/{run.pk}/").content.decode()
    assert "Recovered at step 2, saved $0.0340." in html
    assert "recovered at step 2" in html
    assert "Finished steps are kept; no call was in flight" in html
