"""The tools: what is told of them, what they answer, and that they are the API's operations."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from accounts.models import ApiToken
from agentsite.mcp_server.calls import HANDLERS
from agentsite.mcp_server.tools import TOOLS, described
from runs.models import Run
from runs.services import cancel_run
from tests import journal
from tests.factories import RunFactory, set_budget
from tests.mcp_messages import LEGACY, MODERN

pytestmark = pytest.mark.django_db(transaction=True)
VERSIONS = pytest.mark.parametrize("version", [LEGACY, MODERN])


@pytest.fixture
def call(ask):
    """Call a tool; its result has to be as the tool's schema says."""

    def call(name: str, version: str = MODERN, /, **arguments: Any) -> dict[str, Any]:
        answer = ask(version, "tools/call", name=name, arguments=arguments)
        assert "result" in answer, answer
        result: dict[str, Any] = answer["result"]
        if not result.get("isError") or "structuredContent" in result:
            (schema,) = (tool.output_schema for tool in described() if tool.name == name)
            assert schema is not None
            Draft202012Validator(schema).validate(result["structuredContent"])
        return result

    return call


def code_of(result: dict[str, Any]) -> str:
    """The code of a refusal."""
    assert result["isError"]
    return str(result["_meta"]["problem"]["code"])


@VERSIONS
def test_each_has_schemas_and_says_what_it_does(ask, version) -> None:
    tools = {tool["name"]: tool for tool in ask(version, "tools/list")["result"]["tools"]}

    assert tools.keys() == TOOLS.keys() == HANDLERS.keys()
    for tool in tools.values():
        Draft202012Validator.check_schema(tool["inputSchema"])
        Draft202012Validator.check_schema(tool["outputSchema"])
        assert tool["description"]
        assert tool["inputSchema"]["additionalProperties"] is False
    reading = {n for n, tool in tools.items() if tool["annotations"]["readOnlyHint"]}
    assert reading == {"get_run", "list_runs", "estimate", "get_budgets"}
    assert tools["cancel_run"]["annotations"]["destructiveHint"]
    assert tools["submit_task"]["inputSchema"]["required"] == ["task"]
    assert tools["submit_task"]["inputSchema"]["properties"].keys() >= {
        *("pattern", "params", "max_cost_usd", "answer_schema", "idempotency_key", "wait"),
    }
    support = tools["submit_task"].get("execution")
    assert support == ({"taskSupport": "optional"} if version == LEGACY else None)


@VERSIONS
def test_a_submit_that_does_not_wait_tells_where_the_run_is(call, alice, version) -> None:
    result = call("submit_task", version, task="What is 6 times 7?", wait=0)

    run = Run.objects.visible_to(alice).get()
    told = result["structuredContent"]
    assert (told["id"], told["status"], told["task"]) == (str(run.pk), "queued", run.task)
    assert "get_run" in result["content"][0]["text"]
    assert not result["isError"]


def test_a_submit_waits_for_the_answer(call, in_background) -> None:
    in_background(lambda: journal.succeed(journal.queued()))

    result = call("submit_task", task="What is 6 times 7?")

    run = Run.objects.get()
    answer, line = (block["text"] for block in result["content"])
    assert answer == "42"
    assert str(run.pk) in line
    assert str(run.cost_usd.normalize()) in line


def test_one_that_is_not_over_in_time_goes_on(call) -> None:
    result = call("submit_task", task="x", wait=1)

    assert (result["structuredContent"]["status"], result["isError"]) == ("queued", False)
    assert Run.objects.get().status == "queued"


def test_a_run_that_was_cancelled_meanwhile_is_an_error(call, in_background) -> None:
    in_background(lambda: cancel_run(run=journal.queued()))

    result = call("submit_task", task="x")

    assert (result["structuredContent"]["status"], result["isError"]) == ("cancelled", True)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"task": " "}, "invalid"),
        ({}, "invalid"),
        ({"task": "x", "taks": "y"}, "invalid"),
        ({"task": "x", "pattern": "nope"}, "unknown_pattern"),
        ({"task": "x", "params": {"no_such": 1}}, "invalid"),
        ({"task": "x" * 200_001}, "payload_too_large"),
        ({"task": "null \0"}, "invalid"),
        ({"task": "half \ud800"}, "invalid"),
        ({"task": "x", "wait": 1.5}, "invalid"),
        ({"task": "x", "wait": 3601}, "invalid"),
        ({"task": "x", "idempotency_key": "ключ"}, "invalid"),
        ({"task": "x", "idempotency_key": ""}, "invalid"),
    ],
)
def test_what_the_api_refuses_is_told_to_the_model(call, arguments, code) -> None:
    result = call("submit_task", **arguments)

    assert code_of(result) == code
    assert result["content"][0]["text"].startswith(f"{code}: ")
    assert not Run.objects.exists()


def test_a_key_makes_one_run(call) -> None:
    again = [call("submit_task", task="x", wait=0, idempotency_key="k") for _ in range(2)]

    assert len({result["structuredContent"]["id"] for result in again}) == 1
    other = call("submit_task", task="y", wait=0, idempotency_key="k")
    assert code_of(other) == "idempotency_conflict"


@VERSIONS
def test_a_budget_that_is_used_up_refuses_with_its_figures(call, alice, version) -> None:
    set_budget("0.000001", scope="user", user=alice)

    result = call("submit_task", version, task="x")

    assert code_of(result) == "budget_exceeded"
    assert result["_meta"]["problem"]["scope"] == "user"
    assert not Run.objects.exists()


def test_submits_are_counted_with_those_of_the_api(call, api_for, alice, settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "submit": "1/d"}
    answer = api_for(alice).post("/api/v1/runs/", {"task": "x"}, format="json")
    assert answer.status_code == 202

    assert code_of(call("submit_task", task="x")) == "rate_limited"
    assert call("list_runs")["structuredContent"]["results"]


@VERSIONS
def test_a_run_is_read_and_cancelled(call, alice, version) -> None:
    run = RunFactory.create(owner=alice)

    assert call("get_run", version, run_id=str(run.pk))["structuredContent"]["status"] == "queued"
    cancelled = call("cancel_run", version, run_id=str(run.pk))
    assert cancelled["structuredContent"]["status"] == "cancelled"
    assert call("cancel_run", version, run_id=str(run.pk))["isError"] is False

    ended = RunFactory.create(owner=alice)
    journal.succeed(ended)
    assert code_of(call("cancel_run", version, run_id=str(ended.pk))) == "conflict"


@pytest.mark.parametrize("name", ["get_run", "cancel_run"])
def test_another_users_run_is_not_found(call, bob, name) -> None:
    run = RunFactory.create(owner=bob)

    assert code_of(call(name, run_id=str(run.pk))) == "not_found"
    assert code_of(call(name, run_id="../../budgets")) == "invalid"
    assert code_of(call(name)) == "invalid"
    assert call("list_runs")["structuredContent"] == {"results": [], "next_cursor": None}


def test_runs_are_listed_in_short_page_by_page(call, alice) -> None:
    runs = [RunFactory.create(owner=alice, task="long " * 200) for _ in range(3)]

    first = call("list_runs", page_size=2, status="queued")["structuredContent"]
    rest = call("list_runs", page_size=2, cursor=first["next_cursor"])["structuredContent"]

    told = [row["id"] for row in first["results"] + rest["results"]]
    assert told == [str(run.pk) for run in reversed(runs)]
    assert rest["next_cursor"] is None
    assert len(first["results"][0]["task"]) == 501
    assert "answer" not in first["results"][0]
    assert code_of(call("list_runs", statsu="queued")) == "invalid"


def test_runs_are_found_by_their_metadata(call, alice) -> None:
    run, _ = (RunFactory.create(owner=alice, metadata={"order": number}) for number in "12")

    found = call("list_runs", metadata={"order": "1"})["structuredContent"]["results"]

    assert [row["id"] for row in found] == [str(run.pk)]


def test_an_estimate_costs_nothing(call) -> None:
    found = call("estimate", task="What is 6 times 7?", pattern="react")["structuredContent"]

    assert found["basis"] == "formula"
    assert not Run.objects.exists()


def test_budgets_are_told(call, alice, bob) -> None:
    mine = set_budget(5, scope="user", user=alice)
    set_budget(5, scope="user", user=bob)

    (told,) = call("get_budgets")["structuredContent"]["results"]

    assert (told["id"], told["limit_usd"]) == (str(mine.pk), "5")


NEEDED = {
    "submit_task": "runs:write",
    "estimate": "runs:write",
    "cancel_run": "runs:write",
    "get_run": "runs:read",
    "list_runs": "runs:read",
    "get_budgets": "usage:read",
}


@pytest.mark.parametrize("name", NEEDED)
def test_a_token_without_the_scope_is_refused_by_name(call, alice, name) -> None:
    run = RunFactory.create(owner=alice)
    others = {"runs:read", "runs:write", "usage:read"} - {NEEDED[name]}
    ApiToken.objects.update(scopes=sorted(others))
    given = {"run_id": str(run.pk)} if "run_id" in TOOLS[name].own else {}
    result = call(name, **given)

    assert code_of(result) == "permission_denied"
    assert NEEDED[name] in result["content"][0]["text"]
    assert Run.objects.count() == 1


def test_a_token_that_may_only_write_is_told_no_more_than_that_it_is_stored(call) -> None:
    ApiToken.objects.update(scopes=["runs:write"])

    result = call("submit_task", task="x")

    assert result["structuredContent"].keys() == {"id", "status", "links"}
