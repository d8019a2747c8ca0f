"""POST /api/v1/runs/ with `fork`: what is taken over, at what price, and what is refused."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from billing.models import LedgerEntry
from runs.models import Run, Step
from tests import journal
from tests.factories import RunFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_agree")]
URL = "/api/v1/runs/"
THOUGHT, TOOL, ANSWER = "react/t1/think", "react/t1/tool/1", "react/t2/think"


@pytest.fixture
def api(api_for, alice):
    return api_for(alice)


@pytest.fixture
def source(alice) -> Run:
    """A run that ended: a thought, a tool call, the answer."""
    config = {
        "custom_instructions": "Be brief.",
        "goals": ["short"],
        "prompts": {"think": {"system": "Think."}},
        "roles": {},
    }
    run = RunFactory.create(
        owner=alice, config=config, metadata={"team": "blue"}, max_cost_usd=Decimal("0.5")
    )
    return journal.succeed(run)


def fork(api: Any, run: Run, step: Any = TOOL, url: str = URL, **body: Any) -> Any:
    return api.post(url, {"fork": {"run": str(run.pk), "step": step}, **body}, format="json")


def forked(api: Any, run: Run, step: Any = TOOL, **body: Any) -> Run:
    response = fork(api, run, step, **body)
    assert response.status_code == 202, response.content
    return Run.objects.get(pk=response.json()["id"])


def test_the_steps_up_to_there_are_taken_over_at_no_cost(api, source):
    run = forked(api, source)

    taken = list(run.steps.order_by("id"))
    theirs = list(source.steps.order_by("id")[:2])
    assert [step.key for step in taken] == [THOUGHT, TOOL]
    for mine, its in zip(taken, theirs, strict=True):
        assert (mine.response, mine.request, mine.digest) == (its.response, its.request, its.digest)
        assert (mine.cost_usd, mine.input_tokens, mine.output_tokens) == (0, 0, 0)
        assert mine.taken_usd == its.cost_usd
        assert not mine.replayed
    assert not LedgerEntry.objects.filter(run_id=run.pk).exists()
    assert (run.forked_from, run.fork_step) == (source, TOOL)
    assert (run.cost_usd, run.llm_calls, run.tool_calls) == (0, 0, 0)
    assert [event.type for event in run.events.all()] == ["run.queued", "notice"]
    notice = run.events.get(seq=2).data
    assert {name: notice[name] for name in ("code", "run", "step", "steps")} == {
        "code": "forked",
        "run": str(source.pk),
        "step": TOOL,
        "steps": 2,
    }
    assert Decimal(notice["saved_usd"]) == theirs[0].cost_usd > 0
    assert "2 steps are taken over" in notice["message"]


def test_what_is_left_out_is_the_sources_and_what_is_given_counts(api, source):
    run = forked(api, source, model="gpt-4.1", goals=[], max_cost_usd=None)

    assert (run.task, run.pattern) == (source.task, source.pattern)
    assert source.params.items() <= run.params.items()
    assert (run.tools, run.metadata) == (source.tools, {"team": "blue"})
    assert (run.model, run.chosen_model, run.max_cost_usd) == ("gpt-4.1", "gpt-4.1", None)
    asked = {name: run.config[name] for name in source.config}
    assert asked == {**source.config, "goals": []}
    assert run.cache_digest is None


def test_the_answer_says_where_it_went_on_from(api, source):
    shown = fork(api, source).json()
    assert shown["fork"] == {"run": str(source.pk), "step": TOOL}
    (thought, tool) = api.get(f"{URL}{shown['id']}/steps/").json()["results"]
    assert Decimal(thought["taken_usd"]) == source.steps.get(key=THOUGHT).cost_usd
    assert (thought["cost_usd"], tool["taken_usd"]) == ("0", "0")


def test_a_step_may_be_named_by_the_event_of_its_end(api, source):
    ended = source.events.get(type="step.finished", data__key=THOUGHT)
    assert forked(api, source, ended.seq).fork_step == THOUGHT
    queued = fork(api, source, 1)
    assert (queued.status_code, queued.json()["code"]) == (422, "invalid")


def test_a_fork_of_a_fork_keeps_what_was_paid_once(api, source):
    first = forked(api, source)
    journal.start(first)
    journal.buy(first, ANSWER, content="42")
    journal.finish(first)
    second = forked(api, first, ANSWER)
    paid = {step.key: step.taken_usd for step in second.steps.all()}
    assert paid[THOUGHT] == source.steps.get(key=THOUGHT).cost_usd
    assert paid[ANSWER] == first.steps.get(key=ANSWER).cost_usd > 0


def test_a_fork_looks_into_its_own_purse(api, alice):
    run = journal.start(RunFactory.create(owner=alice))
    Step.objects.create(
        run=run,
        key="react/purse",
        attempt=1,
        kind="tool",
        label="Looking at the money left",
        status="done",
        request={"tool": "budget", "arguments": "{}"},
        response={"text": "", "code": "", "left_usd": "0.01", "calls": 1},
    )
    journal.buy(run, content="I will calculate.")
    journal.finish(run, "42")

    assert [step.key for step in forked(api, run, THOUGHT).steps.all()] == [THOUGHT]
    assert forked(api, run, "react/purse").steps.count() == 0


def test_the_call_that_concluded_is_never_taken_over(api, alice):
    run = journal.start(RunFactory.create(owner=alice))
    journal.buy(run, content="I will calculate.")
    journal.buy(run, "react/close/budget", content="About 42.")
    journal.finish(run, "About 42.", answer_kind="best_effort", stop_reason="budget")

    assert fork(api, run, "react/close/budget").status_code == 422
    assert [step.key for step in forked(api, run, THOUGHT).steps.all()] == [THOUGHT]


def test_a_failed_attempt_is_not_taken_over(api, alice):
    run = journal.start(RunFactory.create(owner=alice))
    journal.fail(run, journal.dispatch(run))
    journal.buy(run, attempt=2, content="I will calculate.")
    journal.use_tool(run, ok=False, observation="No.")
    journal.finish(run, None, status="failed", error={"code": "refused"}, stop_reason="refused")

    steps = forked(api, run).steps.order_by("id")
    assert [(step.key, step.attempt) for step in steps] == [(THOUGHT, 2), (TOOL, 1)]


def test_a_fork_outlives_its_source(api, source):
    first = journal.finish(journal.start(forked(api, source)))
    second = forked(api, first, THOUGHT)
    first.delete()
    second.refresh_from_db()
    assert (second.forked_from, second.fork_step) == (None, THOUGHT)
    assert api.get(f"{URL}{second.pk}/").json()["fork"] == {"run": None, "step": THOUGHT}


def refusal(response: Any) -> tuple[int, str, list[str]]:
    body = response.json()
    return response.status_code, body["code"], list(body.get("errors", ()))


def test_a_run_that_goes_on_is_not_forked(api, alice):
    run = journal.start(RunFactory.create(owner=alice))
    journal.buy(run)
    assert refusal(fork(api, run, THOUGHT)) == (409, "conflict", ["fork.run"])


@pytest.mark.parametrize("step", ["react/t9/think", "", 999])
def test_a_step_that_is_not_there_is_refused(api, source, step):
    assert refusal(fork(api, source, step)) == (422, "invalid", ["fork.step"])


@pytest.mark.parametrize("step", [True, 1.5, None, ["x"], 0, 2**40])
def test_a_step_is_a_key_or_a_seq(api, source, step):
    assert refusal(fork(api, source, step)) == (400, "invalid", ["fork.step"])


def test_anyone_elses_run_is_not_there(api, bob):
    theirs = journal.succeed(RunFactory.create(owner=bob))
    assert refusal(fork(api, theirs))[:2] == (404, "not_found")
    gone = {"fork": {"run": str(uuid4()), "step": TOOL}}
    assert refusal(api.post(URL, gone, format="json"))[:2] == (404, "not_found")


def test_another_pattern_is_refused(api, source):
    assert refusal(fork(api, source, pattern="reflection")) == (422, "invalid", ["pattern"])


def test_real_and_simulated_answers_do_not_mix(api, source):
    Run.objects.filter(pk=source.pk).update(simulated=False)
    assert refusal(fork(api, source)) == (422, "invalid", ["fork.run"])
    Run.objects.filter(pk=source.pk).update(simulated=True)


def test_a_task_is_still_required_without_a_fork(api):
    assert refusal(api.post(URL, {}, format="json")) == (400, "invalid", ["task"])
    unknown = {"fork": {"run": str(uuid4()), "step": "x", "at": 1}}
    assert refusal(api.post(URL, unknown, format="json")) == (400, "invalid", ["fork.at"])


def test_a_token_must_read_and_write(api_for, alice, source):
    for scopes in (["runs:read"], ["runs:write"]):
        assert fork(api_for(alice, scopes), source).status_code == 403
    assert fork(api_for(alice, ["runs:read", "runs:write"]), source).status_code == 202


def test_the_same_key_gives_the_same_fork(api, source):
    def send(**body: Any) -> Any:
        given = {"fork": {"run": str(source.pk), "step": TOOL}, **body}
        return api.post(URL, given, format="json", HTTP_IDEMPOTENCY_KEY="k")

    first, again = send(), send()
    assert first.json()["id"] == again.json()["id"]
    assert again["Idempotency-Replayed"] == "true"
    assert refusal(send(model="gpt-4.1"))[:2] == (422, "idempotency_conflict")


def test_an_estimate_says_what_is_taken_over(api, source):
    shown = fork(api, source, url="/api/v1/estimate/").json()
    saved = source.steps.get(key=THOUGHT).cost_usd
    assert shown["taken_over"]["steps"] == 2
    assert Decimal(shown["taken_over"]["cost_usd"]) == saved
    missing = fork(api, source, "x", url="/api/v1/estimate/")
    assert refusal(missing) == (422, "invalid", ["fork.step"])
