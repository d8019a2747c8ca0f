"""What a pass deletes, what it leaves, and that it can stop anywhere."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.sign_in_models import SignIn
from billing.models import LedgerEntry, RunRollup, UsageRollup
from billing.selectors.audit import ledger_differences
from runs.alone import Work
from runs.models import RetentionMark, Run, RunEvent, Step, WebhookDelivery
from runs.retention import batches
from runs.retention.kinds import kinds_of_rows, kinds_of_runs
from runs.retention.passes import delete_old
from runs.services import cancel_run
from runs.states import ACTIVE, TERMINAL
from runs.webhooks.services import create_webhook, send_test
from tests import journal
from tests.factories import RunFactory
from tests.runs.retention.ages import aged, keep_for, keep_nothing_for
from web.connections import connection_info

pytestmark = pytest.mark.django_db

REFUSED = {"code": "refused", "message": "No."}


def succeeded(owner: User, days: int, **fields: Any) -> Run:
    return aged(journal.succeed(RunFactory.create(owner=owner, **fields)), days)


def texts(run: Run) -> tuple[int, int, str | None, str]:
    """How many steps and events it has, its answer, and its task."""
    run.refresh_from_db()
    return run.steps.count(), run.events.count(), run.answer, run.task


def test_without_a_setting_everything_stays(alice: User, settings: Any) -> None:
    keep_for(settings)
    run = succeeded(alice, 1000)
    before = texts(run)

    assert delete_old() is True
    assert texts(run) == before
    assert run.deleted_details == {}


@pytest.mark.parametrize(
    ("kind", "detail", "left"),
    [
        ("steps", "steps", (0, 9, "42", "Sum up.")),
        ("events", "events", (3, 0, "42", "Sum up.")),
        ("answers", "answer", (3, 9, None, "Sum up.")),
        ("tasks", "task", (3, 9, "42", "")),
    ],
)
def test_each_kind_has_its_own_age(
    alice: User, settings: Any, kind: str, detail: str, left: tuple[Any, ...]
) -> None:
    old, young = (succeeded(alice, days, task="Sum up.") for days in (31, 29))
    events = young.events.count()
    before = texts(young)
    keep_for(settings, **{kind: 30})

    delete_old()

    steps, _, answer, task = left
    assert texts(old) == (steps, 0 if kind == "events" else events, answer, task)
    assert old.deleted_details == {detail: 30}
    assert texts(young) == before
    assert young.deleted_details == {}


def test_the_bill_of_a_run_without_details_is_whole(alice: User, settings: Any) -> None:
    run = succeeded(alice, 40)
    lines, cost = LedgerEntry.objects.filter(run_id=run.pk).count(), run.cost_usd
    sums = [*UsageRollup.objects.values(), *RunRollup.objects.values()]
    keep_nothing_for(settings, 30)

    delete_old()

    run.refresh_from_db()
    assert (run.cost_usd, run.status) == (cost, "succeeded")
    assert LedgerEntry.objects.filter(run_id=run.pk).count() == lines == 2
    assert [*UsageRollup.objects.values(), *RunRollup.objects.values()] == sums
    assert ledger_differences() == []


def in_every_state(owner: User) -> dict[str, Run]:
    """A run in each state that there is."""

    def new(**fields: Any) -> Run:
        return RunFactory.create(owner=owner, **fields)

    def running(**fields: Any) -> Run:
        run = journal.start(new(**fields))
        journal.begin(run)
        return run

    def waiting() -> Run:
        run = running(when_out_of_money="ask", max_cost_usd=Decimal("0.01"))
        journal.pause(run, needs=Decimal("0.02"))
        return run

    def asking() -> Run:
        run = running()
        journal.ask_for_tool(run)
        journal.pause(run)
        return run

    made = [
        running(),
        cancel_run(run=running()),
        waiting(),
        asking(),
        journal.succeed(new()),
        journal.finish(running(), None, status="failed", error=REFUSED),
        cancel_run(run=new()),
        new(),
    ]
    for run in made:
        run.refresh_from_db()
    return {run.status: run for run in made}


def test_runs_that_go_on_are_never_touched(alice: User, settings: Any) -> None:
    runs = in_every_state(alice)
    assert set(runs) == {str(state) for state in ACTIVE | TERMINAL}
    for state in TERMINAL:
        aged(runs[state], 100)
    before = {state: texts(runs[state]) for state in ACTIVE}
    assert all(events for _, events, _, _ in before.values())
    keep_nothing_for(settings, 1)

    delete_old()

    assert {state: texts(runs[state]) for state in ACTIVE} == before
    assert all(texts(runs[state]) == (0, 0, None, "") for state in TERMINAL)
    assert runs["failed"].error == {"code": "refused", "message": ""}
    assert ledger_differences() == []


def test_keys_are_forgotten_and_messages_go(alice: User, settings: Any) -> None:
    run = succeeded(alice, 31, idempotency_key="once", request_hash="a" * 64)
    hook = create_webhook(owner=alice, url="https://hooks.example.org/", events=["run.finished"])
    old, young = (send_test(webhook=hook[0]) for _ in range(2))
    for message, days in ((old, 31), (young, 29)):
        age_message(message, days)
    keep_for(settings, idempotency=30, webhooks=30)

    delete_old()

    run.refresh_from_db()
    assert (run.idempotency_key, run.request_hash) == (None, "")
    assert WebhookDelivery.objects.get() == young


def test_ended_sign_ins_go_and_who_is_signed_in_stays(alice: User, settings: Any) -> None:
    here, over, left = (signed_in(alice) for _ in range(3))
    old = timezone.now() - timedelta(days=31)
    SignIn.objects.update(seen_at=old)
    Session.objects.filter(pk=over.session.session_key).update(expire_date=old)
    Session.objects.filter(pk=left.session.session_key).delete()
    keep_for(settings, sign_ins=30)

    delete_old()

    kept = here.session.session_key
    assert [one.session_key for one in Session.objects.all()] == [kept]
    assert [one.session_key for one in SignIn.objects.all()] == [kept]
    assert here.get("/account/").status_code == 200


def test_a_sign_in_that_ended_lately_stays(alice: User, settings: Any) -> None:
    signed_in(alice)
    Session.objects.update(expire_date=timezone.now() - timedelta(days=29))
    SignIn.objects.update(seen_at=timezone.now() - timedelta(days=29))
    keep_for(settings, sign_ins=30)

    delete_old()

    assert (Session.objects.count(), SignIn.objects.count()) == (1, 1)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_rows_go_in_batches(alice: User, settings: Any) -> None:
    hook, _ = create_webhook(owner=alice, url="https://hooks.example.org/", events=["run.finished"])
    for _ in range(3):
        age_message(send_test(webhook=hook), 31)
    keep_for(settings, webhooks=30)
    (kind,) = kinds_of_rows()

    assert batches.due_of_rows(kind).rows == 3
    found = [batches.delete_rows(kind, limit=2) for _ in range(2)]

    assert [(batch.rows, batch.more) for batch in found] == [(2, True), (1, False)]
    assert not WebhookDelivery.objects.exists()


def age_message(message: WebhookDelivery, days: int) -> None:
    old = timezone.now() - timedelta(days=days)
    WebhookDelivery.objects.filter(pk=message.pk).update(created_at=old)


def test_an_answer_that_is_gone_is_not_given_again(alice: User, settings: Any) -> None:
    run = succeeded(alice, 31, cache="use", cache_digest="d" * 64)
    keep_for(settings, answers=30)

    delete_old()

    run.refresh_from_db()
    assert run.cache_digest is None


def test_a_pass_that_is_cut_short_goes_on_where_it_was(alice: User, settings: Any) -> None:
    runs = [succeeded(alice, days) for days in (50, 60, 40)]
    keep_for(settings, steps=30)
    (kind,) = kinds_of_runs()

    first = batches.delete_of_runs(kind, limit=2)

    assert (first.runs, first.rows, first.more) == (2, 6, True)
    assert [run.steps.count() for run in runs] == [0, 0, 3]
    assert delete_old(seconds=0) is False
    assert delete_old(seconds=100) is True
    assert [run.steps.count() for run in runs] == [0, 0, 0]
    assert RetentionMark.objects.get(kind="steps").rows == 9


def test_runs_that_end_at_the_same_moment_are_all_done(alice: User, settings: Any) -> None:
    runs = [succeeded(alice, 40) for _ in range(3)]
    Run.objects.update(finished_at=runs[0].finished_at)
    keep_for(settings, events=30)
    (kind,) = kinds_of_runs()

    while batches.delete_of_runs(kind, limit=1).more:
        pass

    assert not RunEvent.objects.exists()


def test_of_two_passes_the_second_does_nothing(alice: User, settings: Any) -> None:
    run = succeeded(alice, 40)
    keep_for(settings, steps=30)

    with psycopg.connect(connection_info()) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [int(Work.DELETING)])
        assert delete_old() is None
        with pytest.raises(CommandError, match="another pass is under way"):
            call_command("retain")
        assert run.steps.count() == 3
        other.execute("SELECT pg_advisory_unlock(%s)", [int(Work.DELETING)])

    assert delete_old() is True
    assert run.steps.count() == 0


def test_a_pass_gives_its_lock_back(settings: Any) -> None:
    keep_nothing_for(settings, 1)

    delete_old()

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE objid = %s", [int(Work.DELETING)])
        assert cursor.fetchone() == (0,)


def test_the_command_counts_first_and_deletes_then(
    alice: User, settings: Any, said: Callable[..., str]
) -> None:
    succeeded(alice, 40)
    keep_for(settings, steps=30, events=90, answers=30)

    assert said("--dry-run") == (
        "steps: 3 of 1 runs would be deleted\n"
        "events: 0 would be deleted\n"
        "answers: 1 of 1 runs would be deleted\n"
    )
    assert Step.objects.count() == 3
    assert said() == "steps: 3 of 1 runs deleted\nevents: 0 deleted\nanswers: 1 of 1 runs deleted\n"
    assert Step.objects.count() == 0
    keep_for(settings)
    assert said() == "Nothing is deleted by age here: no RETAIN_…_DAYS is set.\n"


@pytest.fixture
def said() -> Callable[..., str]:
    def call(*arguments: str) -> str:
        out = StringIO()
        call_command("retain", *arguments, stdout=out)
        return out.getvalue()

    return call
