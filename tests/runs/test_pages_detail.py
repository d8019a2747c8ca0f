"""The run page in every state, its bill, its proofs, and text that wants to be code."""

import json
import re
from decimal import Decimal
from html import unescape

import pytest

from billing.models import LedgerEntry
from runs.models import Run, Step
from runs.states import Status
from tests import journal
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db

HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(2)> [click](javascript:alert(3)) "
    "![spy](https://evil.example/x.png) <b onmouseover=alert(4)>b</b> [ok](https://good.example)"
)


@pytest.fixture
def browser(client_for, alice):
    return client_for(alice)


def page(browser, run: Run) -> str:
    response = browser.get(f"/runs/{run.pk}/")
    assert response.status_code == 200
    return words(response.content.decode())


def words(html: str) -> str:
    """HTML with runs of white space made one."""
    return re.sub(r"\s+", " ", html)


def test_a_queued_run_says_that_it_waits_and_can_be_cancelled(browser, alice):
    html = page(browser, RunFactory.create(owner=alice))

    assert "Queued" in html
    assert "Waiting for a worker" in html
    assert "data-cancel" in html
    assert "Equals the ledger: no lines" in html


def test_a_running_run_shows_what_is_held_and_what_it_does(browser, alice):
    run = journal.start(RunFactory.create(owner=alice))
    journal.dispatch(run, label="Turn 1 of 5: thinking")

    html = page(browser, run)

    assert "Turn 1 of 5: thinking" in html
    assert "$0.0024 held" in html
    assert 'data-ended="false"' in html
    assert "data-cancel" in html


def test_a_cancelling_run_has_a_disabled_button(browser, alice):
    run = journal.start(RunFactory.create(owner=alice))
    Run.objects.filter(pk=run.pk).move(Status.CANCELLING)

    html = page(browser, run)

    assert "Cancelling…" in html
    assert re.search(r'type="submit" aria-disabled="true"', html)


def test_a_finished_run_shows_answer_steps_and_an_exact_bill(browser, alice):
    run = journal.succeed(RunFactory.create(owner=alice), "It is **42**.", cached=100, reasoning=24)

    html = page(browser, run)

    assert "It is <strong>42</strong>." in html
    assert "data-cancel" not in html
    assert "Equals the sum of 2 ledger lines" in html
    assert "Equals the sum of 3 steps" in html
    for label in ("Fresh input", "Cached input", "Output", "Reasoning"):
        assert label in html
    short, tail = f"{run.cost_usd:f}".rstrip("0")[:6], f"{run.cost_usd:f}".rstrip("0")[6:]
    assert f'<span class="money">${short}<span class="tail">{tail}</span></span>' in html


@pytest.mark.parametrize("table", [0, 1], ids=["parts", "prices"])
def test_the_bills_amounts_have_one_length_and_add_up(browser, alice, table):
    run = journal.succeed(RunFactory.create(owner=alice), cached=7)

    bill = re.findall(r'<table class="bill">.*?</table>', page(browser, run))[table]
    amounts = [
        Decimal(re.sub(r"<[^>]+>|[$,]", "", amount).replace("−", "-"))
        for amount in re.findall(r'<span class="amt">(.*?</span></span>)', bill)
    ]

    *lines, total = amounts
    assert len({amount.as_tuple().exponent for amount in amounts}) == 1
    assert sum(lines) == total == run.cost_usd


def test_a_total_that_differs_from_the_ledger_is_red_and_has_no_tick(browser, alice):
    run = journal.succeed(RunFactory.create(owner=alice))
    Run.objects.filter(pk=run.pk).update(cost_usd=run.cost_usd + Decimal("0.0012"))

    html = page(browser, run)

    assert "Differs from the sum of 2 ledger lines by" in html
    assert "Equals the sum of" not in html


def test_best_effort_says_why_it_stopped(browser, alice):
    run = journal.start(RunFactory.create(owner=alice))
    journal.buy(run, confidence="estimated")
    journal.finish(run, "So far.", answer_kind="best_effort", stop_reason="max_iterations")

    html = page(browser, run)

    assert "It used all the turns it was allowed," in html
    assert "Best effort" in html
    assert "estimated" in html


def test_a_failed_run_names_cause_code_and_reference(browser, alice):
    run = journal.start(RunFactory.create(owner=alice))
    journal.fail(run, journal.dispatch(run), message="429: too many requests")
    error = {"code": "model_unavailable", "message": "The model refused three times."}
    journal.finish(run, None, status="failed", stop_reason="failed", error=error)

    html = page(browser, run)

    assert "The model refused three times." in html
    assert "model_unavailable" in html
    assert str(run.pk)[:18] in html
    assert "429: too many requests" in html
    assert "not charged" in html
    assert "No answer" in html


def test_a_cancelled_run_keeps_its_partial_answer(browser, alice):
    run = journal.start(RunFactory.create(owner=alice))
    journal.buy(run)
    Run.objects.filter(pk=run.pk).move(Status.CANCELLING)
    journal.finish(run, "Half of it.", answer_kind="partial")

    html = page(browser, run)

    assert "You cancelled this run." in html
    assert "Half of it." in html
    assert "not checked" in html


def test_a_takeover_is_an_amber_line_and_its_call_in_doubt(browser, alice):
    run = journal.start(RunFactory.create(owner=alice))
    journal.dispatch(run)
    journal.lose_worker(run)
    journal.start(run)
    journal.buy(run, attempt=2)
    journal.finish(run)

    html = page(browser, run)

    assert "Finished steps are kept; 1 call was in flight and is in doubt." in html
    assert "1 in doubt" in html
    assert "attempt 2" in html
    assert "Equals the sum of 2 ledger lines" in html


def test_a_critique_is_a_list_in_the_step_that_made_it(browser, alice):
    run = journal.start(RunFactory.create(owner=alice, pattern="reflection"))
    journal.buy(run, "reflection/reflect/1", label="Reviewing (1/1)", content="{}")
    issue = {"severity": "blocker", "where": "top", "problem": "No source.", "fix": "Name one."}
    journal.emit(
        run,
        "artifact",
        kind="critique",
        key="reflection/reflect/1",
        verdict="revise",
        issues=[issue],
    )

    html = page(browser, run)

    assert "must fix" in html
    assert "No source." in html
    assert "Name one." in html


def test_of_a_tree_that_is_drawn_anew_only_the_newest_is_open_while_it_grows(browser, alice):
    run = journal.start(RunFactory.create(owner=alice, pattern="lats"))
    keys = [f"lats/i{n}/evaluate" for n in (1, 2)]
    for key in keys:
        journal.buy(run, key, label="Scoring", content="{}")
        journal.emit(run, "artifact", kind="search_tree", key=key, nodes=[{"id": "0"}])

    html = page(browser, run)
    assert re.findall(r'<details class="step" open data-key="([^ "]+)', html) == keys[1:]

    journal.finish(run)
    assert '<details class="step" open' not in page(browser, run)


@pytest.mark.parametrize("simulated", [True, False])
def test_what_the_simulator_answered_is_always_marked(browser, alice, simulated):
    run = journal.succeed(RunFactory.create(owner=alice, simulated=simulated))

    html = page(browser, run)

    assert ("The built-in simulator stands in for the model." in html) is simulated
    assert ('class="sim"' in html) is simulated


def test_hostile_text_stays_text_wherever_it_stands(browser, alice):
    run = journal.start(RunFactory.create(owner=alice, task=HOSTILE, metadata={HOSTILE: HOSTILE}))
    journal.buy(run, label=HOSTILE, content=HOSTILE)
    journal.use_tool(run, tool=HOSTILE, arguments={"x": HOSTILE}, observation=HOSTILE)
    journal.emit(run, "notice", code="x", message=HOSTILE)
    journal.emit(run, "artifact", kind=HOSTILE, key="react/t1/think", issues=[{"problem": HOSTILE}])
    journal.finish(run, HOSTILE, warnings=[HOSTILE], sources=[{"title": HOSTILE, "url": HOSTILE}])

    html = page(browser, run)

    tags = re.findall(r"<[a-z][^>]*>", html)
    assert not [tag for tag in tags if re.search(r"\son\w+=|javascript:|evil\.example", tag)]
    assert "<script>" not in html
    assert "<img" not in html
    link = '<a href="https://good.example" rel="noopener noreferrer nofollow">ok</a>'
    assert html.count(link) == 1


def test_pages_need_no_inline_script_or_style(browser, alice):
    html = page(browser, journal.succeed(RunFactory.create(owner=alice)))

    assert not re.search(r"<script(?![^>]*\ssrc=)", html)
    assert not re.search(r"<[^>]+\sstyle=", html)


def test_a_long_observation_is_shown_in_two_parts(browser, alice):
    run = journal.start(RunFactory.create(owner=alice))
    journal.use_tool(run, observation="x" * 2500)

    html = page(browser, run)

    assert "x" * 2000 + "…" in html
    assert "Show all 2,500 characters" in html


def in_form(alice, **ended: str) -> Run:
    run = RunFactory.create(owner=alice)
    run.config["answer_schema"] = '{"type":"object"}'
    run.save(update_fields=["config"])
    return journal.finish(journal.start(run), '{"total":42,"a":"<b>"}', **ended)


def test_an_answer_by_schema_is_laid_out_and_copied_as_it_is(browser, alice):
    html = browser.get(f"/runs/{in_form(alice).pk}/").content.decode()

    laid_out = re.search(r'<pre class="code" dir="ltr"[^>]*>(.*?)</pre>', html, re.DOTALL)
    assert laid_out
    shown = unescape(re.sub(r"<[^>]+>", "", laid_out[1]))
    assert shown.strip() == '{\n  "total": 42,\n  "a": "<b>"\n}'
    copied = re.search(r'<pre id="answer-source"[^>]*>(.*?)</pre>', html)
    assert copied
    assert copied[1] == "{&quot;total&quot;:42,&quot;a&quot;:&quot;&lt;b&gt;&quot;}"


def test_an_answer_that_misses_its_schema_says_so(browser, alice):
    html = page(browser, in_form(alice, answer_kind="best_effort", stop_reason="schema_mismatch"))

    assert "The answer could not be brought into its schema," in html
    assert "doesn’t fit its schema" in html


def test_the_calls_of_an_ended_run_can_be_downloaded(browser, alice):
    going_on = journal.start(RunFactory.create(owner=alice))
    ended = journal.succeed(RunFactory.create(owner=alice))

    assert "/cassette/" not in page(browser, going_on)
    assert "/cassette/" not in page(browser, in_form(alice)), "it made none"
    assert f'href="/api/v1/runs/{ended.pk}/cassette/"' in page(browser, ended)
    assert browser.get(f"/api/v1/runs/{ended.pk}/cassette/").status_code == 200


TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def traced(alice) -> Run:
    run = journal.succeed(RunFactory.create(owner=alice))
    Run.objects.filter(pk=run.pk).update(traceparent=f"00-{TRACE}-00f067aa0ba902b7-01")
    return run


def test_a_run_of_a_trace_names_it(browser, alice):
    assert f'<dt>Trace</dt><dd class="mono">{TRACE}</dd>' in page(browser, traced(alice))
    without = journal.succeed(RunFactory.create(owner=alice))
    assert "<dt>Trace</dt>" not in page(browser, without)


def test_it_leads_to_its_page_where_the_site_knows_of_one(browser, alice, settings):
    settings.TRACE_URL = "https://jaeger.example/trace/{trace_id}"
    shown = f'<a href="https://jaeger.example/trace/{TRACE}" rel="noopener noreferrer">{TRACE}</a>'
    assert shown in page(browser, traced(alice))


def test_thinking_is_shown_apart_from_the_answer(browser, alice):
    run = journal.succeed(RunFactory.create(owner=alice))
    step = Step.objects.filter(run=run, kind=Step.Kind.LLM).latest("id")
    step.response = {**(step.response or {}), "thinking": "six times <b>seven</b>"}
    step.save(update_fields=["response"])

    html = page(browser, run)

    assert "Thinking that the model showed" in html
    assert "six times &lt;b&gt;seven&lt;/b&gt;" in html
    assert html.count("six times") == 1


def test_the_curl_snippet_survives_a_quote_in_the_task(browser, alice):
    run = RunFactory.create(owner=alice, task="What's new?")

    response = browser.get(f"/runs/{run.pk}/")

    assert "What'\\''s new?" in response.context["page"].api_body


def test_the_curl_snippet_has_the_schema_in_one_line(browser, alice):
    body = browser.get(f"/runs/{in_form(alice).pk}/").context["page"].api_body

    assert '  "answer_schema": {"type": "object"}\n}' in body
    assert json.loads(body)["answer_schema"] == {"type": "object"}


@pytest.mark.parametrize("path", ["", "fragments/"])
def test_someone_elses_run_is_as_missing_as_no_run(browser, bob, path):
    theirs = RunFactory.create(owner=bob, task="Secret task")

    missing = browser.get(f"/runs/00000000-0000-7000-8000-000000000000/{path}")
    foreign = browser.get(f"/runs/{theirs.pk}/{path}")

    assert missing.status_code == foreign.status_code == 404
    assert b"Secret task" not in foreign.content


def test_fragments_are_the_pages_own_parts(browser, alice):
    run = journal.succeed(RunFactory.create(owner=alice))

    whole = page(browser, run)
    parts = words(browser.get(f"/runs/{run.pk}/fragments/").content.decode())

    names = re.findall(r'data-part="(\w+)"', parts)
    assert names == ["head", "tiles", "answer", "steps", "timeline", "cost", "budgets", "details"]
    assert set(names) == set(re.findall(r'data-part="(\w+)"', whole))
    assert "<html" not in parts


def test_cancelling_a_queued_run_ends_it(browser, alice):
    run = RunFactory.create(owner=alice)

    response = browser.post(f"/runs/{run.pk}/cancel/")

    run.refresh_from_db()
    assert response["Location"] == f"/runs/{run.pk}/"
    assert run.status == Status.CANCELLED


def test_cancelling_an_ended_run_says_so(browser, alice):
    run = journal.succeed(RunFactory.create(owner=alice))

    response = browser.post(f"/runs/{run.pk}/cancel/", follow=True)

    assert "The run had already ended." in response.content.decode()


def test_nobody_cancels_someone_elses_run_or_by_a_link(browser, alice, bob):
    theirs, mine = RunFactory.create(owner=bob), RunFactory.create(owner=alice)

    assert browser.post(f"/runs/{theirs.pk}/cancel/").status_code == 404
    assert browser.get(f"/runs/{mine.pk}/cancel/").status_code == 405
    theirs.refresh_from_db()
    assert theirs.status == Status.QUEUED


def test_the_page_needs_the_same_queries_for_few_steps_and_many(
    browser, alice, django_assert_max_num_queries
):
    run = journal.start(RunFactory.create(owner=alice))
    for turn in range(1, 13):
        journal.buy(run, f"react/t{turn}/think")
        journal.use_tool(run, f"react/t{turn}/tool/1")
    assert LedgerEntry.objects.filter(run_id=run.pk).count() == 12
    with django_assert_max_num_queries(13):
        browser.get(f"/runs/{run.pk}/")


@pytest.mark.parametrize(
    "written",
    [
        '{"expression": "\\ud800"}',
        '{"expression": "\\udc00 \\ud83d"}',
        '{"\\ud800": 1}',
        '{"expression": ' + "[" * 990 + "]" * 990 + "}",
        "[" * 50_000,
        '{"expression": NaN, "b": -Infinity, "c": 1e999}',
        '{"expression": ' + "9" * 5000 + "}",
        '{"expression": "\\u0000"}',
        "not JSON",
        "",
    ],
)
def test_arguments_of_any_shape_can_be_shown(browser, api_for, alice, written):
    run = journal.start(RunFactory.create(owner=alice))
    journal.use_tool(run)
    Step.objects.filter(run=run).update(request={"tool": "calculator", "arguments": written})
    journal.finish(run)

    assert "Arguments" in page(browser, run)
    steps = api_for(alice).get(f"/api/v1/runs/{run.pk}/steps/")
    assert steps.json()["results"][0]["request"]["arguments"] == written
