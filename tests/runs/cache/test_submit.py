"""A submit whose answer is kept: what it gives, what it costs, and when there is none."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from billing.errors import BudgetExceeded
from billing.models import Hold, LedgerEntry
from billing.selectors.audit import ledger_differences
from runs.models import Run
from runs.services import Submission, cancel_run, submit_run
from runs.states import Status
from tests import journal
from tests.factories import ApiTokenFactory, set_budget
from tests.race import race
from tests.runs.life import event_types

pytestmark = pytest.mark.django_db


def test_the_same_task_again_has_the_answer_at_once(submit, paid: Run) -> None:
    hit = submit()

    assert (hit.status, hit.answer, hit.answer_kind) == (Status.SUCCEEDED, paid.answer, "final")
    assert hit.pk != paid.pk
    assert (hit.cache_hit, hit.paid_by, hit.saved_usd) == (True, paid, paid.cost_usd)
    assert hit.saved_usd > 0


def test_it_costs_nothing_and_holds_nothing(submit, paid: Run) -> None:
    hit = submit()
    hit.refresh_from_db()

    assert (hit.cost_usd, hit.held_usd, hit.llm_calls, hit.input_tokens) == (0, 0, 0, 0)
    assert not LedgerEntry.objects.filter(run_id=hit.pk).exists()
    assert not Hold.objects.filter(run_id=hit.pk).exists()
    assert ledger_differences() == []


def test_its_stream_is_whole(submit, paid: Run) -> None:
    hit = submit()
    hit.refresh_from_db()

    assert event_types(hit) == ["run.queued", "notice", "run.finished"]
    assert hit.last_seq == 3
    notice, finished = hit.events.filter(seq__gt=1)
    assert (notice.data["code"], notice.data["run"]) == ("cache_hit", str(paid.pk))
    assert Decimal(notice.data["saved_usd"]) == paid.cost_usd
    assert notice.data["message"].startswith("Answered from the cache.")
    theirs = paid.events.get(type="run.finished")
    assert set(finished.data) == set(theirs.data)
    assert (finished.data["answer"], finished.data["cost_usd"]) == (paid.answer, "0")


def test_sources_and_warnings_come_with_it(submit) -> None:
    paid = journal.start(submit())
    sources, warnings = ({"url": "https://example.org"},), ("Old figures.",)
    journal.finish(paid, sources=sources, warnings=warnings)

    hit = submit()
    assert (hit.sources, hit.warnings) == (list(sources), list(warnings))


@pytest.mark.parametrize("wish", ["refresh", "off"])
def test_who_wants_a_new_answer_buys_one(submit, paid: Run, wish: str) -> None:
    run = submit(cache=wish)
    assert (run.status, run.cache_hit) == (Status.QUEUED, False)


def test_a_refreshed_answer_takes_the_place_of_the_old_one(submit, paid: Run) -> None:
    newer = journal.start(submit(cache="refresh"))
    journal.finish(newer, "Forty-two.")

    assert (submit().answer, submit().paid_by) == ("Forty-two.", newer)


def test_an_answer_of_off_is_not_kept(submit) -> None:
    journal.succeed(submit(cache="off"))
    assert submit().status == Status.QUEUED


def test_an_answer_is_kept_for_its_time(submit, settings, paid: Run) -> None:
    def aged(seconds: int) -> None:
        moment = timezone.now() - timedelta(seconds=seconds)
        Run.objects.filter(pk=paid.pk).update(finished_at=moment)

    settings.RESULT_CACHE_S = 100
    aged(90)
    assert submit().cache_hit
    aged(110)
    assert not submit().cache_hit


def test_a_hit_makes_no_answer_last_longer(submit, settings, paid: Run) -> None:
    assert submit().cache_hit
    Run.objects.filter(pk=paid.pk).update(finished_at=timezone.now() - timedelta(hours=2))
    assert not submit().cache_hit


OTHER_ENDS: list[dict[str, Any]] = [
    {"answer_kind": "best_effort", "stop_reason": "budget"},
    {"answer_kind": "partial", "stop_reason": "budget"},
    {"status": "failed", "stop_reason": "failed", "error": {"code": "refused", "message": "No."}},
]


@pytest.mark.parametrize(
    "end", OTHER_ENDS, ids=lambda end: end.get("answer_kind", end.get("status"))
)
def test_only_a_whole_answer_is_kept(submit, end: dict[str, Any]) -> None:
    journal.finish(journal.start(submit()), **end)
    assert submit().status == Status.QUEUED


def test_a_cancelled_run_s_answer_is_not_kept(submit) -> None:
    run = journal.start(submit())
    cancel_run(run=run)
    assert journal.finish(run).status == Status.CANCELLED
    assert submit().status == Status.QUEUED


@pytest.mark.parametrize("tool", ["current_time", "no_such_tool"])
@pytest.mark.parametrize("ok", [True, False])
def test_an_answer_with_a_tool_that_changes_is_not_kept(submit, tool: str, ok: bool) -> None:
    run = journal.start(submit())
    journal.use_tool(run, tool=tool, ok=ok)
    journal.finish(run)
    assert submit().status == Status.QUEUED


@pytest.mark.parametrize("code", ["breadth", "fallback", "served_other"])
def test_an_answer_that_would_be_another_one_otherwise_is_not_kept(submit, code: str) -> None:
    run = journal.start(submit())
    journal.emit(run, "notice", code=code, message="So it was.")
    journal.finish(run)
    assert submit().status == Status.QUEUED


@pytest.mark.parametrize(
    "change",
    [
        {"task": "What is 6 times 8?"},
        {"pattern": "reflection"},
        {"model": "gpt-4.1"},
        {"params": {"max_iterations": 2}},
        {"tools": ()},
        {"custom_instructions": "In French."},
        {"goals": ("short",)},
        {"prompts": {"think": {"system": "You are a poet."}}},
        {"roles": {"execution": "gpt-4.1"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_is_asked_otherwise_is_another_answer(
    submit, paid: Run, change: dict[str, Any]
) -> None:
    assert submit(**change).status == Status.QUEUED


def test_what_doesn_t_change_the_answer_changes_nothing(submit, paid: Run) -> None:
    hit = submit(metadata={"team": "blue"}, deadline_s=5, max_cost_usd=Decimal("0.5"))
    assert (hit.cache_hit, hit.metadata) == (True, {"team": "blue"})


def test_nobody_has_another_one_s_answer(submit, bob, paid: Run) -> None:
    assert submit(owner=bob).status == Status.QUEUED


def test_nobody_s_run_is_looked_at_for_another_one(submit, bob, paid: Run) -> None:
    """Bob's submit finds nothing in his own part of the index, whatever Alice has there."""
    theirs = journal.succeed(submit(owner=bob))
    assert (submit(owner=bob).paid_by, submit().paid_by) == (theirs, paid)


def test_tokens_of_one_user_share_answers(alice, paid: Run) -> None:
    token = ApiTokenFactory.create(user=alice)
    submission = Submission(task=paid.task)
    assert submit_run(owner=alice, submission=submission, api_token=token).run.cache_hit


def test_a_deleted_run_s_answer_is_gone_with_it(submit, paid: Run) -> None:
    hit = submit()
    paid.delete()

    hit.refresh_from_db()
    assert (hit.cache_hit, hit.paid_by) == (True, None)
    assert submit().status == Status.QUEUED


@pytest.mark.django_db(transaction=True)
def test_a_run_that_is_about_to_be_taken_from_can_t_be_deleted(submit, paid: Run) -> None:
    hits: list[Run] = []
    race(lambda: hits.append(submit()), paid.delete)

    (hit,) = hits
    hit.refresh_from_db()
    assert (hit.cache_hit, hit.paid_by, hit.answer) == (True, None, paid.answer)
    assert submit().status == Status.QUEUED


def test_it_works_where_the_budget_is_used_up(submit, alice, paid: Run) -> None:
    set_budget(scope="user", user=alice, limit=paid.cost_usd)

    with pytest.raises(BudgetExceeded):
        submit("Another task")
    with pytest.raises(BudgetExceeded):
        submit(cache="refresh")
    assert submit().cache_hit


def test_a_key_that_is_sent_again_gives_the_same_hit(alice, paid: Run) -> None:
    def submit_with_key() -> Any:
        submission = Submission(task=paid.task)
        return submit_run(owner=alice, submission=submission, idempotency_key="k-1")

    first, again = submit_with_key(), submit_with_key()
    assert first.run.cache_hit
    assert (again.run.pk, again.replayed) == (first.run.pk, True)


def test_a_site_that_keeps_nothing_buys_each_answer(submit, settings, paid: Run) -> None:
    settings.RESULT_CACHE_S = 0
    run = submit()
    assert (run.status, run.cache_digest) == (Status.QUEUED, None)
