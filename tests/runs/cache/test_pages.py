"""What pages say of answers from the cache."""

import re

import pytest

from runs.models import Run
from tests import journal
from tests.factories import set_budget

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client_for, alice):
    return client_for(alice)


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def form(browser, run: Run, **changes: object) -> dict[str, object]:
    """The composer's form, filled in for the same task."""
    page = browser.get("/")
    return {
        "task": run.task,
        "pattern": run.pattern,
        "model": run.model,
        "tools": run.tools,
        "cache": "use",
        "idempotency_key": page.context["form"]["idempotency_key"].value(),
        **changes,
    }


def test_a_hit_s_page_names_the_run_that_paid(browser, submit, paid: Run) -> None:
    html = text(browser.get(f"/runs/{submit().pk}/"))

    assert html.count("from cache") == html.count("alert-accent") == 1
    assert html.count(f'href="/runs/{paid.pk}/"') == 1
    assert f"which cost ${paid.cost_usd:.4f}</a>" in html
    assert "Answered from the cache. Run" not in html
    assert "The ledger has no line for this run: no model was called." in html
    assert f"{paid.llm_calls} the first time" in html
    assert f"{paid.input_tokens + paid.output_tokens:,} the first time" in html
    assert "Run it fresh" in html
    assert "answered from the cache" in html
    assert "Use, had it" in html
    assert "No budget counted this run: it cost nothing." in html


def test_a_run_that_waits_for_an_equal_one_says_so(browser, submit) -> None:
    leader, follower = submit(), submit()
    for run in (leader, follower):
        journal.start(run)
    journal.emit(follower, "notice", code="equal_run", run=str(leader.pk))
    html = text(browser.get(f"/runs/{follower.pk}/"))

    assert "Waiting for an equal run" in html
    assert (
        f"Run {str(leader.pk)[:13]} executes the same task. This one waits for its answer." in html
    )
    assert html.count(f'href="/runs/{leader.pk}/"') == 1


def test_a_hit_of_a_deleted_run_has_a_page(browser, submit, paid: Run) -> None:
    hit = submit()
    paid.delete()
    assert "That run was deleted since." in text(browser.get(f"/runs/{hit.pk}/"))


def test_a_run_that_paid_says_nothing_of_a_cache_but_its_wish(browser, paid: Run) -> None:
    html = text(browser.get(f"/runs/{paid.pk}/"))
    assert "from cache" not in html
    assert "Run it fresh" not in html
    assert "Use, no match" in html


def test_the_lists_mark_hits(browser, submit, paid: Run) -> None:
    submit()
    for page in (browser.get("/runs/"), browser.get("/")):
        assert text(page).count("from cache") == 1
    assert f"Saved ${paid.cost_usd:.4f}" in text(browser.get("/runs/"))


def test_the_form_uses_the_cache_unless_a_run_is_repeated(browser, paid: Run) -> None:
    assert browser.get("/").context["form"]["cache"].value() == "use"
    assert browser.get(f"/?from={paid.pk}").context["form"]["cache"].value() == "refresh"


@pytest.mark.parametrize(("wish", "hit"), [("use", True), ("", True), ("refresh", False)])
def test_the_form_s_wish_counts(browser, paid: Run, wish: str, hit: bool) -> None:
    assert browser.post("/", form(browser, paid, cache=wish)).status_code == 302
    assert Run.objects.latest("created_at").cache_hit is hit


def test_an_unknown_wish_is_refused(browser, paid: Run) -> None:
    response = browser.post("/", form(browser, paid, cache="maybe"))
    assert response.status_code == 422
    assert Run.objects.count() == 1


def test_the_strip_knows_that_an_answer_is_kept(browser, alice, paid: Run) -> None:
    set_budget(scope="user", user=alice, limit=paid.cost_usd)
    strip = text(browser.post("/estimate/", form(browser, paid)))
    assert "From the cache, at no cost" in strip
    assert 'data-used-up="false"' in strip
    assert 'data-used-up="true"' in text(
        browser.post("/estimate/", form(browser, paid, cache="off"))
    )


def test_the_same_call_by_api_has_the_wish(browser, submit) -> None:
    refreshed, used = submit(cache="refresh"), submit()
    wish = "&quot;cache&quot;: &quot;refresh&quot;"
    assert wish in text(browser.get(f"/runs/{refreshed.pk}/"))
    assert "&quot;cache&quot;" not in text(browser.get(f"/runs/{used.pk}/"))


def test_the_usage_page_says_what_was_saved(browser, submit, paid: Run) -> None:
    assert "$0.00 by the cache" in text(browser.get("/usage/"))
    submit()
    assert f"${paid.cost_usd:.4f} by the cache" in text(browser.get("/usage/"))
