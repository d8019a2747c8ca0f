"""The figures of the run page agree with each other, and its previews read well."""

import re

import pytest

from runs.markdown import render_markdown
from tests import journal
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client_for, alice):
    """The page of one of Alice's runs, with runs of white space made one."""

    def page(run) -> str:
        html = client_for(alice).get(f"/runs/{run.pk}/").content.decode()
        return re.sub(r"\s+", " ", html)

    return page


def test_a_queued_run_says_its_place_in_line(page, alice, bob):
    RunFactory.create(owner=bob)
    html = page(RunFactory.create(owner=alice))

    assert "<dt>In line</dt> <dd>2nd" in html


def test_tokens_of_a_call_in_doubt_stand_only_in_the_bill(page, alice):
    run = journal.start(RunFactory.create(owner=alice))
    journal.dispatch(run, max_input_tokens=2723)
    journal.lose_worker(run)
    journal.start(run)
    journal.buy(run, attempt=2, fresh=578, output=74)
    journal.finish(run)

    html = page(run)

    assert html.count("578 in · 74 out") == 2  # the tile and the step
    assert "2,723 × $0.40 / M" in html
    assert "<dt>LLM calls</dt> <dd>2<span" in html
    assert '<span class="n num">0 tool calls · 1 retry' in html
    assert html.index("Finished steps are kept") < html.index('data-key="react/t1/think"')


def test_the_steps_are_counted_by_how_they_ended(page, alice):
    run = journal.start(RunFactory.create(owner=alice))
    journal.buy(run)
    journal.fail(run, journal.dispatch(run, "react/t2/think"))
    journal.finish(run, None, status="failed", error={"code": "timeout", "message": "Silence."})

    html = page(run)

    assert "1 done · 1 failed" in html
    assert "rerun it later" in html


def test_a_bill_shows_every_token_that_it_multiplies(page, alice):
    run = journal.start(RunFactory.create(owner=alice))
    journal.buy(run, fresh=1_204_311)
    journal.finish(run)

    assert "1,204,311 × $0.40 / M" in page(run)


def test_a_preview_has_no_marks_of_markdown(page, alice):
    run = journal.start(RunFactory.create(owner=alice))
    text = "## Result\n\nIt is **339.8**, as `0.17 * 2340 - 58` gives."
    journal.buy(run, content=text)

    assert "Result It is 339.8, as 0.17 * 2340 - 58 gives." in page(journal.finish(run, text))


def test_columns_are_aligned_as_their_author_says():
    html = render_markdown("| a | b |\n|---|---:|\n| x | 1 |")

    assert '<td dir="auto" align="right">1</td>' in html
    assert '<td dir="auto">x</td>' in html
    assert "style" not in html
