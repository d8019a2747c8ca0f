"""Which messages are written, in the transaction that makes them true, and what they say."""

from decimal import Decimal
from typing import Any

import pytest

from accounts.models import ApiToken, User
from billing.services import change_budget
from runs.models import Run
from runs.services import cancel_run
from runs.webhook_models import EventType, Webhook, WebhookDelivery
from runs.webhooks.payload import MAX_BYTES, body_of, payload_of
from runs.webhooks.services import create_webhook
from tests import journal
from tests.factories import RunFactory, UserFactory, set_budget
from tests.race import race

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_agree")]
URL = "https://hooks.example.org/a"
COST = journal.cost("gpt-4.1-mini", 2000, 0, 1000)


def webhook(owner: User, *events: str) -> Webhook:
    return create_webhook(owner=owner, url=URL, events=events or EventType.values)[0]


def told(kind: str | None = None) -> list[dict[str, Any]]:
    """What was written, in its order."""
    rows = WebhookDelivery.objects.order_by("id")
    return [row.data for row in rows if kind in (None, row.type)]


def ended(owner: User, **fields: Any) -> Run:
    run = journal.start(RunFactory.create(owner=owner, task="A secret task", **fields))
    journal.begin(run)
    journal.buy(run)
    journal.finish(run, "A secret answer.")
    return run


def test_the_end_of_a_run_is_written_with_it(alice: User) -> None:
    hook = webhook(alice)
    run = ended(alice)
    message = hook.deliveries.get()
    assert (message.type, message.status, message.tries) == ("run.finished", "waiting", 0)
    assert message.id.version == 7
    assert message.data == {
        "run_id": str(run.pk),
        "status": "succeeded",
        "answer_kind": "final",
        "stop_reason": run.stop_reason,
        "error_code": None,
        "pattern": "react",
        "model": run.chosen_model,
        "simulated": True,
        "cost_usd": str(run.cost_usd.normalize()),
        "in_doubt_usd": "0",
        "created_at": message.data["created_at"],
        "finished_at": message.data["finished_at"],
    }


def test_a_message_has_links_and_neither_task_nor_answer(alice: User, settings: Any) -> None:
    settings.PUBLIC_URL = "https://agents.example.org"
    hook = webhook(alice)
    run = ended(alice)
    message = hook.deliveries.get()
    payload = payload_of(message.type, message.created_at, message.data)
    assert payload.keys() == {"type", "timestamp", "data"}
    assert payload["timestamp"].endswith("Z")
    assert payload["data"]["links"] == {
        "self": f"https://agents.example.org/api/v1/runs/{run.pk}/",
        "html": f"https://agents.example.org/runs/{run.pk}/",
    }
    assert b"secret" not in body_of(message.type, message.created_at, message.data)


def test_only_who_wants_it_is_told(alice: User, bob: User) -> None:
    wants = webhook(alice, "run.finished")
    webhook(alice, "funds.requested")
    webhook(bob)
    off = webhook(alice)
    Webhook.objects.filter(pk=off.pk).update(enabled=False)
    ended(alice)
    assert WebhookDelivery.objects.get().webhook == wants


def test_nothing_is_written_for_who_was_switched_off(alice: User) -> None:
    webhook(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    ended(alice)
    assert told() == []


def test_however_a_run_ends_it_is_told(alice: User) -> None:
    webhook(alice)
    cancel_run(run=RunFactory.create(owner=alice))
    failed = journal.start(RunFactory.create(owner=alice))
    journal.finish(
        failed, None, status="failed", answer_kind="none", stop_reason="failed",
        error={"code": "refused"},
    )  # fmt: skip
    assert [(one["status"], one["error_code"]) for one in told()] == [
        ("cancelled", None),
        ("failed", "refused"),
    ]


def test_a_run_that_waits_for_approval_says_for_which_calls(alice: User) -> None:
    webhook(alice)
    run = journal.start(RunFactory.create(owner=alice))
    for number in range(25):
        journal.ask_for_tool(run, f"react/t1/tool/{number}", arguments='{"to": "a secret"}')
    journal.pause(run)
    (said,) = told("approval.requested")
    assert (said["status"], said["calls"], len(said["steps"])) == ("awaiting_approval", 25, 20)
    assert said["question"] == run.awaiting["question"]
    assert said["steps"][0].keys() == {"key", "attempt", "tool", "reason"}
    assert "secret" not in str(said)


def test_a_run_that_waits_for_money_says_how_much(alice: User) -> None:
    webhook(alice)
    run = journal.start(
        RunFactory.create(owner=alice, when_out_of_money="ask", max_cost_usd="0.0001")
    )
    assert journal.begin(run) == "paused"
    (said,) = told("funds.requested")
    assert (said["status"], said["scope"]) == ("awaiting_funds", "run")
    assert said["short_usd"] == run.awaiting["short_usd"]


def test_the_largest_message_is_small(alice: User) -> None:
    hook = webhook(alice)
    run = journal.start(RunFactory.create(owner=alice))
    for number in range(64):
        key = f"react/t{number}/tool/{'k' * 80}"
        journal.ask_for_tool(run, key, tool="t" * 64, arguments="x" * 9000)
    journal.pause(run)
    message = hook.deliveries.get()
    assert len(body_of(message.type, message.created_at, message.data)) < MAX_BYTES


def spend(owner: User, **fields: Any) -> None:
    """A call that costs `COST`."""
    run = journal.start(RunFactory.create(owner=owner, **fields))
    journal.settle(run, journal.dispatch(run), fresh=2000, output=1000)


def percents() -> list[int]:
    return sorted(one["threshold_percent"] for one in told("budget.threshold"))


def test_each_part_of_a_budget_is_told_once(alice: User) -> None:
    budget = set_budget(COST * 5, scope="user", user=alice)
    webhook(alice, "budget.threshold")
    seen = []
    for _ in range(5):
        spend(alice)
        seen.append(percents())
    assert seen == [[], [], [], [80], [80, 100]]
    first = told()[0]
    assert (first["budget_id"], first["scope"], first["hard"]) == (str(budget.pk), "user", True)
    assert Decimal(first["settled_usd"]) == COST * 4
    assert Decimal(first["limit_usd"]) == COST * 5


def test_a_call_that_passes_both_parts_tells_both(alice: User) -> None:
    set_budget(COST, scope="user", user=alice)
    webhook(alice)
    spend(alice)
    assert percents() == [80, 100]


def test_a_raised_limit_may_be_reached_anew_and_a_kept_one_is_not(alice: User) -> None:
    budget = set_budget(COST * 2, scope="user", user=alice)
    webhook(alice)
    spend(alice)
    spend(alice)
    assert percents() == [80, 100]
    change_budget(budget=budget, hard=True)
    change_budget(budget=budget, limit_usd=COST * Decimal("2.4"))
    change_budget(budget=budget, limit_usd=COST * 3)
    spend(alice)
    assert percents() == [80, 80, 100, 100]


def test_a_soft_budget_is_told_too(alice: User) -> None:
    set_budget(COST / 2, scope="user", user=alice, hard=False)
    webhook(alice)
    spend(alice)
    assert percents() == [80, 100]
    assert told()[0]["hard"] is False


def test_who_is_told_of_a_budget(alice: User, bob: User, staff: User) -> None:
    token, _ = ApiToken.objects.issue(user=alice, name="ci")
    hooks = {user: webhook(user, "budget.threshold") for user in (alice, bob, staff)}
    set_budget(COST, scope="site")
    set_budget(COST, scope="token", api_token=token)
    spend(alice, api_token=token)

    scopes = {
        user: {row.data["scope"] for row in hook.deliveries.all()} for user, hook in hooks.items()
    }
    assert scopes == {alice: {"token"}, bob: set(), staff: {"site"}}
    tokens = {row.data["token_id"] for row in hooks[alice].deliveries.all()}
    assert tokens == {str(token.pk)}


def test_money_that_comes_back_tells_nothing(alice: User) -> None:
    set_budget(COST, scope="user", user=alice)
    webhook(alice)
    run = journal.start(RunFactory.create(owner=alice))
    journal.fail(run, journal.dispatch(run))
    assert percents() == []


@pytest.mark.django_db(transaction=True)
def test_a_webhook_that_is_deleted_meanwhile_keeps_no_run_from_its_end() -> None:
    owner = UserFactory.create()
    hook = webhook(owner)
    run = journal.start(RunFactory.create(owner=owner))
    race(hook.delete, lambda: journal.finish(run, "42"))
    run.refresh_from_db()
    assert (run.status, told()) == ("succeeded", [])
