"""The page that compares two runs, and what it offers to compare with."""

import pytest

from runs.models import Run
from tests import journal
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db
URL = "/runs/compare/"


@pytest.fixture
def browser(client_for, alice):
    return client_for(alice)


@pytest.fixture
def first(alice) -> Run:
    run = RunFactory.create(owner=alice, task="Same task")
    return journal.succeed(run, "<b>It is</b> 42.")


@pytest.fixture
def second(alice) -> Run:
    run = RunFactory.create(owner=alice, task="Same task", chosen_model="gpt-4.1")
    return journal.succeed(run, "<b>It is</b> 43.")


def shown(browser, **asked: object) -> str:
    response = browser.get(URL, {name: str(value) for name, value in asked.items()})
    assert response.status_code == 200
    html: str = response.content.decode()
    return html


def test_two_runs_side_by_side(browser, first, second):
    html = shown(browser, a=first.pk, b=second.pk)
    assert "&lt;b&gt;It is&lt;/b&gt; " in html
    assert "<del>42</del>" in html
    assert "<ins>43</ins>" in html
    assert "<b>It is</b>" not in html
    assert f'href="/runs/{first.pk}/"' in html
    assert f'href="/runs/compare/?a={second.pk}&amp;b={first.pk}"' in html
    assert "2 same · 1 different" in html
    cost = f"{second.cost_usd - first.cost_usd:f}".rstrip("0")
    assert cost[:6] in html


def test_long_stretches_of_equal_lines_are_folded(browser, first, second):
    Run.objects.filter(pk=first.pk).update(answer="x\n" * 30 + "end")
    Run.objects.filter(pk=second.pk).update(answer="x\n" * 30 + "END")
    html = shown(browser, a=first.pk, b=second.pk)
    assert "28 equal lines" in html


def test_equal_answers_say_so_and_are_shown_once(browser, first, second):
    Run.objects.filter(pk__in=[first.pk, second.pk]).update(answer="Both said <this>.")
    html = shown(browser, a=first.pk, b=second.pk)
    assert "Equal</span>" in html
    assert html.count("Both said &lt;this&gt;.") == 1


def two_turns(alice, second: str) -> Run:
    run = journal.start(RunFactory.create(owner=alice))
    journal.buy(run, label="Turn 1 of 5: thinking", content="Hm.")
    journal.buy(run, "react/t2/think", label="Turn 2 of 5: thinking", content=second)
    return run


def test_a_step_is_called_as_on_the_pages_of_the_runs(browser, alice):
    one, other = (journal.finish(two_turns(alice, text), text) for text in ("42.", "43."))
    html = shown(browser, a=one.pk, b=other.pk)
    assert [name in html for name in ("Turn 1 of 5: thinking", "Answer</span>")] == [True, True]
    assert "Turn 2 of 5" not in html


def test_a_step_that_they_call_differently_has_the_name_of_its_key(browser, alice):
    answered = journal.finish(two_turns(alice, "42."), "42.")
    stopped = journal.finish(two_turns(alice, "Hm again."), None, status="failed")
    assert "Thinking 2</span>" in shown(browser, a=answered.pk, b=stopped.pk)


def test_runs_without_an_answer_or_a_step(browser, alice):
    a, b = RunFactory.create(owner=alice), RunFactory.create(owner=alice)
    html = shown(browser, a=a.pk, b=b.pk)
    assert "Neither run has an answer." in html
    assert "Neither run began a step." in html


def test_runs_of_the_same_task_and_forks_are_offered(browser, alice, first, second):
    fork = RunFactory.create(
        owner=alice, task="Another task", forked_from=first, fork_step="react/t1/think"
    )
    stranger = RunFactory.create(owner=alice, task="Something else")
    html = shown(browser, a=first.pk)
    for run in (second, fork):
        assert f"?a={first.pk}&amp;b={run.pk}" in html
    assert str(stranger.pk) not in html
    assert "fork after Thinking 1" in html
    assert f"?a={fork.pk}&amp;b={first.pk}" in shown(browser, a=fork.pk, b=fork.pk)


def test_where_there_are_none_the_latest_are_offered(browser, alice, first):
    assert "Nothing to compare with yet" in shown(browser, a=first.pk)
    other = RunFactory.create(owner=alice, task="Something else")
    assert f"b={other.pk}" in shown(browser, a=first.pk)


def test_the_run_page_leads_there(browser, first):
    html = browser.get(f"/runs/{first.pk}/").content.decode()
    assert f'href="/runs/compare/?a={first.pk}"' in html


def test_what_is_not_ones_own_is_not_there(client, browser, bob, first):
    theirs = journal.succeed(RunFactory.create(owner=bob, task="Same task"))
    assert str(theirs.pk) not in shown(browser, a=first.pk)
    for asked in ({"a": theirs.pk}, {"a": first.pk, "b": theirs.pk}, {"a": "nonsense"}):
        assert browser.get(URL, asked).status_code == 404
    assert browser.get(URL)["Location"] == "/runs/"
    assert client.get(URL, {"a": first.pk}).status_code == 302
