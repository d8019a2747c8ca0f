"""Runs as tasks: what each version asks and is told of them."""

from decimal import Decimal
from typing import Any

import pytest

from accounts.models import ApiToken
from billing.statements import run as execute
from runs import functions
from runs.models import Run
from runs.services import cancel_run
from tests import journal
from tests.factories import RunFactory, set_budget
from tests.mcp_messages import FORMS, LEGACY, MODERN, TASKS

pytestmark = pytest.mark.django_db(transaction=True)
CAP = Decimal("0.004")


@pytest.fixture
def tasks(ask):
    """Ask about tasks as a client that takes them."""

    def tasks(version: str, method: str, *, client: dict[str, Any] = TASKS, **params: Any) -> Any:
        return ask(version, f"tasks/{method}", client=client, **params)

    return tasks


@pytest.fixture
def submit(ask):
    """A submit as a task."""

    def submit(version: str, **arguments: Any) -> Any:
        asks = {"task": {"ttl": 1000}} if version == LEGACY else {}
        given = {"name": "submit_task", "arguments": {"task": "What is 6 times 7?", **arguments}}
        return ask(version, "tools/call", client=TASKS, **given, **asks)

    return submit


def test_a_submit_is_a_task_of_the_extension(submit, tasks) -> None:
    created = submit(MODERN)["result"]

    run = Run.objects.get()
    assert (
        created.items()
        >= {
            "resultType": "task",
            "taskId": str(run.pk),
            "status": "working",
            "ttlMs": None,
            "pollIntervalMs": 2000,
        }.items()
    )
    assert created["createdAt"] == created["lastUpdatedAt"]
    assert tasks(MODERN, "get", taskId=str(run.pk))["result"]["status"] == "working"

    journal.succeed(run)

    task = tasks(MODERN, "get", taskId=str(run.pk))["result"]
    assert (task["resultType"], task["status"]) == ("complete", "completed")
    assert task["result"]["content"][0]["text"] == "42"
    assert task["result"]["structuredContent"]["id"] == str(run.pk)
    assert task["result"]["isError"] is False


def test_a_submit_is_a_task_of_2025_where_that_is_asked_for(submit, tasks) -> None:
    created = submit(LEGACY)["result"]["task"]

    run = Run.objects.get()
    assert (
        created.items()
        >= {
            "taskId": str(run.pk),
            "status": "working",
            "ttl": None,
            "pollInterval": 2000,
        }.items()
    )

    journal.succeed(run)

    assert tasks(LEGACY, "get", taskId=str(run.pk))["result"]["status"] == "completed"
    result = tasks(LEGACY, "result", taskId=str(run.pk))["result"]
    assert result["content"][0]["text"] == "42"
    related = result["_meta"]["io.modelcontextprotocol/related-task"]
    assert related == {"taskId": str(run.pk)}


def test_a_result_of_2025_is_waited_for(submit, tasks, in_background) -> None:
    submit(LEGACY)
    in_background(lambda: journal.succeed(journal.queued()))

    result = tasks(LEGACY, "result", taskId=str(Run.objects.get().pk))["result"]

    assert result["content"][0]["text"] == "42"


def test_who_does_not_know_tasks_is_given_none(ask, submit) -> None:
    given = {"name": "submit_task", "arguments": {"task": "x", "wait": 0}}
    for version in (LEGACY, MODERN):
        result = ask(version, "tools/call", **given)["result"]
        assert result["structuredContent"]["status"] == "queued"
    assert ask(MODERN, "tasks/get", taskId=str(Run.objects.latest("id").pk))["error"] == {
        "code": -32021,
        "message": "Missing required client capability",
        "data": {"requiredCapabilities": {"extensions": {"io.modelcontextprotocol/tasks": {}}}},
    }


def test_only_a_submit_can_be_a_task(ask) -> None:
    asked = ask(LEGACY, "tools/call", name="list_runs", arguments={}, task={})

    assert asked["error"]["code"] == -32601


@pytest.mark.parametrize(
    ("version", "method"), [(MODERN, "result"), (MODERN, "list"), (LEGACY, "update")]
)
def test_each_version_has_its_own_methods(tasks, version, method) -> None:
    error = tasks(version, method, taskId="x", inputResponses={})["error"]

    assert error["code"] == -32601


@pytest.mark.parametrize("version", [LEGACY, MODERN])
def test_what_is_refused_is_no_task(submit, alice, version) -> None:
    set_budget("0.000001", scope="user", user=alice)

    answer = submit(version)

    told = answer["result"]["_meta"]["problem"] if version == MODERN else answer["error"]["data"]
    assert told["code"] == "budget_exceeded"
    assert not Run.objects.exists()


@pytest.mark.parametrize(("version", "state"), [(LEGACY, "failed"), (MODERN, "completed")])
def test_a_run_that_failed_is_what_its_version_calls_that(tasks, alice, version, state) -> None:
    run = RunFactory.create(owner=alice)
    execute(functions.fail_waiting(run_id=run.pk, code="account_disabled"))

    task = tasks(version, "get", taskId=str(run.pk))["result"]

    assert task["status"] == state
    result = task["result"] if version == MODERN else None
    result = result or tasks(version, "result", taskId=str(run.pk))["result"]
    assert result["isError"] is True
    assert "has failed" in result["content"][-1]["text"]


@pytest.mark.parametrize("version", [LEGACY, MODERN])
def test_a_task_is_cancelled(tasks, alice, version) -> None:
    run = RunFactory.create(owner=alice)

    answer = tasks(version, "cancel", taskId=str(run.pk))["result"]

    run.refresh_from_db()
    assert run.status == "cancelled"
    assert tasks(version, "get", taskId=str(run.pk))["result"]["status"] == "cancelled"
    if version == LEGACY:
        assert answer["status"] == "cancelled"
        assert tasks(version, "cancel", taskId=str(run.pk))["result"]["status"] == "cancelled"
    else:
        assert answer["resultType"] == "complete"


def test_one_that_has_ended_can_not_be_cancelled_in_2025(tasks, alice) -> None:
    run = RunFactory.create(owner=alice)
    journal.succeed(run)

    assert tasks(LEGACY, "cancel", taskId=str(run.pk))["error"]["code"] == -32602
    assert tasks(MODERN, "cancel", taskId=str(run.pk))["result"]["resultType"] == "complete"


@pytest.mark.parametrize("version", [LEGACY, MODERN])
@pytest.mark.parametrize("method", ["get", "cancel"])
def test_another_users_task_is_not_found(tasks, bob, version, method) -> None:
    run = RunFactory.create(owner=bob)

    for task_id in (str(run.pk), "no-such-task"):
        assert tasks(version, method, taskId=task_id)["error"]["code"] == -32602


def test_tasks_are_listed_page_by_page(tasks, alice, bob) -> None:
    runs = [RunFactory.create(owner=alice) for _ in range(22)]
    RunFactory.create(owner=bob)

    first = tasks(LEGACY, "list")["result"]
    second = tasks(LEGACY, "list", cursor=first["nextCursor"])["result"]

    told = [task["taskId"] for task in first["tasks"] + second["tasks"]]
    assert told == [str(run.pk) for run in reversed(runs)]
    assert "nextCursor" not in second
    assert tasks(LEGACY, "list", cursor="made up")["error"]["code"] == -32602


@pytest.mark.parametrize("version", [LEGACY, MODERN])
def test_a_token_that_may_not_read_can_have_no_task(submit, version) -> None:
    ApiToken.objects.update(scopes=["runs:write"])

    answer = submit(version)

    if version == MODERN:
        assert answer["result"]["structuredContent"].keys() == {"id", "status", "links"}
    else:
        assert answer["error"]["code"] == -32602


@pytest.fixture
def waiting_for_money(alice) -> Run:
    run = RunFactory.create(owner=alice, max_cost_usd=CAP, when_out_of_money="ask")
    journal.start(run)
    journal.buy(run)
    journal.pause(run, needs=CAP)
    return run


@pytest.fixture
def waiting_for_a_word(alice) -> Run:
    run = journal.start(RunFactory.create(owner=alice))
    journal.ask_for_tool(run)
    journal.pause(run)
    return run


def test_a_run_that_waits_for_money_asks_its_user(tasks, waiting_for_money) -> None:
    run = waiting_for_money
    know = {**TASKS, **FORMS}

    task = tasks(MODERN, "get", client=know, taskId=str(run.pk))["result"]

    assert task["status"] == "input_required"
    ((key, request),) = task["inputRequests"].items()
    assert key == f"funds-{run.awaiting['question']}"
    assert request["method"] == "elicitation/create"
    assert run.awaiting["short_usd"] in request["params"]["message"]
    assert request["params"]["requestedSchema"]["required"] == ["add_usd"]

    def answered(**response: Any) -> Any:
        return tasks(MODERN, "update", taskId=str(run.pk), inputResponses={key: response})

    assert answered(action="decline")["result"]["resultType"] == "complete"
    little = answered(action="accept", content={"add_usd": "0.000001"})
    assert little["error"]["code"] == -32602
    run.refresh_from_db()
    assert run.status == "awaiting_funds"
    enough = {"add_usd": run.awaiting["short_usd"]}
    assert answered(action="accept", content=enough)["result"]["resultType"] == "complete"
    assert tasks(MODERN, "get", taskId=str(run.pk))["result"]["status"] == "working"
    # Said again, it is an answer to nothing.
    assert "result" in answered(action="accept", content=enough)


@pytest.mark.parametrize("version", [LEGACY, MODERN])
def test_who_can_not_show_forms_is_told_where_to_answer(tasks, waiting_for_money, version) -> None:
    task = tasks(version, "get", taskId=str(waiting_for_money.pk))["result"]

    assert task["status"] == "input_required"
    assert f"/runs/{waiting_for_money.pk}/" in task["statusMessage"]
    assert task.get("inputRequests", {}) == {}


@pytest.mark.parametrize(
    ("response", "decided"),
    [
        ({"action": "accept", "content": {"verdict": "approve"}}, "approved"),
        ({"action": "accept", "content": {"verdict": "decline", "comment": "No."}}, "declined"),
        ({"action": "decline"}, "declined"),
        ({"action": "cancel"}, None),
    ],
)
def test_a_tool_call_waits_for_a_word(tasks, waiting_for_a_word, response, decided) -> None:
    run = waiting_for_a_word
    task = tasks(MODERN, "get", client={**TASKS, **FORMS}, taskId=str(run.pk))["result"]
    ((key, request),) = task["inputRequests"].items()
    assert run.awaiting["steps"][0]["tool"] in request["params"]["message"]

    tasks(MODERN, "update", taskId=str(run.pk), inputResponses={key: response, "other": response})

    told = run.events.filter(type="tool.decided").values_list("data__verdict", flat=True)
    assert list(told) == ([decided] if decided else [])


def test_a_call_that_was_not_waited_for_says_what_the_run_waits_for(ask, waiting_for_money) -> None:
    given = {"name": "get_run", "arguments": {"run_id": str(waiting_for_money.pk), "wait": 60}}

    result = ask(MODERN, "tools/call", **given)["result"]

    assert result["structuredContent"]["status"] == "awaiting_funds"
    assert "waits for a person" in result["content"][-1]["text"]


def test_a_run_that_was_asked_to_end_is_cancelled_for_good(tasks, alice) -> None:
    run = RunFactory.create(owner=alice)
    journal.start(run)
    cancel_run(run=run)

    assert tasks(MODERN, "get", taskId=str(run.pk))["result"]["status"] == "cancelled"
