"""Going on from a step in the pages: the link, the composer filled in, where a run came from."""

from decimal import Decimal
from typing import Any

import pytest

from runs.models import Run
from tests import journal
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db
THOUGHT, TOOL = "react/t1/think", "react/t1/tool/1"


@pytest.fixture
def browser(client_for, alice):
    return client_for(alice)


@pytest.fixture
def source(alice) -> Run:
    config = {"custom_instructions": "Be brief.", "goals": ["short"], "prompts": {}, "roles": {}}
    run = RunFactory.create(
        owner=alice, config=config, chosen_model="gpt-4.1", metadata={"team": "blue"}
    )
    return journal.succeed(run)


def address(run: Run, step: str = TOOL) -> str:
    return f"/?fork={run.pk}&step={step}"


def filled(page: Any, **changes: Any) -> dict[str, Any]:
    """The form as the page has it, hidden fields too."""
    form, fork = page.context["form"], page.context["fork"]
    return {
        "task": form["task"].value(),
        "pattern": form["pattern"].value(),
        "model": form["model"].value(),
        "tools": form["tools"].value(),
        "idempotency_key": form["idempotency_key"].value(),
        "fork": str(fork.run),
        "step": fork.step,
        **changes,
    }


def test_finished_steps_of_an_ended_run_can_be_forked(browser, alice, source):
    html = browser.get(f"/runs/{source.pk}/").content.decode()
    assert f'href="/?fork={source.pk}&amp;step=react%2Ft1%2Fthink"' in html
    assert html.count("Fork from here") == source.steps.count()

    going_on = journal.start(RunFactory.create(owner=alice))
    journal.buy(going_on)
    assert "Fork from here" not in browser.get(f"/runs/{going_on.pk}/").content.decode()


def test_the_call_that_concluded_can_not(browser, alice):
    run = journal.start(RunFactory.create(owner=alice))
    journal.buy(run)
    journal.buy(run, "react/close/budget")
    journal.finish(run, answer_kind="best_effort", stop_reason="budget")
    assert browser.get(f"/runs/{run.pk}/").content.decode().count("Fork from here") == 1


def test_the_composer_is_filled_in_and_says_what_is_taken_over(browser, source):
    page = browser.get(address(source))
    html = page.content.decode()
    assert page.context["form"]["task"].value() == source.task
    assert page.context["form"]["custom_instructions"].value() == "Be brief."
    assert page.context["form"]["goals"].value() == "short"
    assert [card.key for card in page.context["patterns"]] == ["react"]
    saved = source.steps.get(key=THOUGHT).cost_usd
    assert "2 steps taken over" in html
    assert f"${saved:.4f} saved" in html
    assert "For a whole run; this one costs less, since steps are taken over." in html


def test_the_form_makes_a_fork_with_what_it_has_no_field_for(browser, alice, source):
    page = browser.get(address(source))
    response = browser.post("/", filled(page, model="gpt-4.1-mini"))
    run = Run.objects.visible_to(alice).latest("pk")
    assert response["Location"] == f"/runs/{run.pk}/"
    assert (run.forked_from, run.fork_step, run.model) == (source, TOOL, "gpt-4.1-mini")
    assert run.metadata == {"team": "blue"}
    assert run.config["custom_instructions"] == "", "the form has a field for it, left empty"


def test_the_strip_of_a_fork_counts_what_its_source_asked_for(browser, source):
    page = browser.get(address(source))
    html = browser.post("/estimate/", filled(page)).content.decode()
    assert "For a whole run" in html


def test_a_fork_says_where_it_came_from_and_its_source_lists_it(browser, source):
    browser.post("/", filled(browser.get(address(source))))
    run = Run.objects.get(forked_from=source)
    html = browser.get(f"/runs/{run.pk}/").content.decode()
    assert f'Fork of <a href="/runs/{source.pk}/">' in html
    assert html.count("taken over") >= 3, "each step, and the notice"
    journal.finish(journal.start(run))
    assert f'href="/runs/{run.pk}/"' in browser.get(f"/runs/{source.pk}/").content.decode()


def test_a_fork_of_a_deleted_run_still_says_so(browser, source):
    browser.post("/", filled(browser.get(address(source))))
    run = journal.finish(journal.start(Run.objects.get(forked_from=source)))
    browser.post("/", filled(browser.get(address(run))))
    second = Run.objects.get(forked_from=run)
    run.delete()
    assert "Fork of a run that was deleted" in browser.get(f"/runs/{second.pk}/").content.decode()


def test_why_it_can_not_be_forked_is_said(browser, alice, source):
    assert "no finished step" in browser.get(address(source, "x")).content.decode()
    running = journal.start(RunFactory.create(owner=alice))
    page = browser.get(address(running))
    assert "still going on" in page.content.decode()
    refused = browser.post("/", filled(page))
    assert refused.status_code == 422
    assert "still going on" in refused.content.decode()


@pytest.mark.parametrize("run", ["nonsense", "00000000-0000-7000-8000-000000000000", "theirs"])
def test_anyone_elses_run_is_not_there(browser, bob, run):
    theirs = journal.succeed(RunFactory.create(owner=bob))
    fork = str(theirs.pk) if run == "theirs" else run
    assert browser.get("/", {"fork": fork, "step": TOOL}).status_code == 404
    sent = {"fork": fork, "step": TOOL, "task": "x", "pattern": "react"}
    assert browser.post("/", sent).status_code == 404
    assert browser.post("/estimate/", sent).status_code == 404


def test_a_form_that_is_sent_again_changed_stays_a_fork(browser, source):
    sent = filled(browser.get(address(source)))
    browser.post("/", sent)
    again = browser.post("/", sent | {"task": "Another task"})
    assert again.status_code == 409
    assert again.context["fork"].run == source.pk
    assert Run.objects.filter(forked_from=source).count() == 1


def test_the_limit_of_the_source_is_filled_in(browser, alice):
    run = journal.succeed(RunFactory.create(owner=alice, max_cost_usd=Decimal("0.50")))
    assert browser.get(address(run)).context["form"]["max_cost_usd"].value() == "0.5"
