"""ReAct at its limits: loops, silence, caps, money, and a provider that fails."""

from tests.engine.harness import Harness, Poor
from tests.engine.replies import LOOK, compute, tool_texts
from tests.engine.scripted import Provider, Refuse, Say


async def test_a_repeated_call_is_not_run_again(engine: Harness, provider: Provider):
    spaced = Say(calls=(("calculator", '{ "expression" : "6*7" }'),))
    provider.script = [LOOK, spaced, Say("42")]
    await engine.run()
    assert tool_texts(provider.requests[2]) == ["42", "You already asked this. The result was:\n42"]
    assert len(engine.events("tool.started")) == 1


async def test_a_loop_ends_in_the_closing_call(engine: Harness, provider: Provider):
    provider.answer = lambda body: Say("Stuck.") if body["tool_choice"] == "none" else LOOK
    result = await engine.run(params={"max_iterations": 25})
    assert (result.answer_kind, result.stop_reason) == ("best_effort", "no_progress")
    assert len(provider.requests) == 1 + 3 + 1
    assert engine.codes() == ["loop"]


async def test_too_many_errors_in_a_row_end_in_the_closing_call(
    engine: Harness, provider: Provider
):
    numbers = iter(range(99))
    provider.answer = lambda body: (
        Say("Stuck.") if body["tool_choice"] == "none" else compute(f"{next(numbers)}/0")
    )
    result = await engine.run(params={"max_iterations": 25})
    assert result.stop_reason == "no_progress"
    assert len(provider.requests) == 4 + 1


async def test_an_empty_turn_is_nudged_once(engine: Harness, provider: Provider):
    provider.script = [Say(), Say("There.")]
    result = await engine.run()
    assert (result.answer, result.answer_kind) == ("There.", "final")
    assert engine.keys == ["react/t1/think", "react/t1/nudge"]
    assert "neither an answer nor a tool call" in provider.requests[1]["messages"][-1]["content"]


async def test_two_empty_turns_lead_to_the_closing_call(engine: Harness, provider: Provider):
    provider.script = [Say(), Say(), Say("Something.")]
    result = await engine.run()
    assert (result.answer, result.answer_kind, result.stop_reason) == (
        "Something.",
        "best_effort",
        "no_progress",
    )


async def test_a_model_that_says_nothing_fails_the_run(engine: Harness, provider: Provider):
    provider.answer = lambda body: Say()
    result = await engine.run()
    assert (result.status, result.answer) == ("failed", None)
    assert result.error is not None
    assert result.error["code"] == "empty_answer"


async def test_a_refusal_is_never_the_answer(engine: Harness, provider: Provider):
    provider.script = [Say(refusal="I can't help with that.")]
    result = await engine.run()
    assert (result.status, result.stop_reason, result.answer) == ("failed", "refused", None)


async def test_reasoning_that_used_up_the_cap_is_given_a_higher_one(
    engine: Harness, provider: Provider
):
    provider.script = [Say(finish="length"), Say("42")]
    assert (await engine.run()).answer == "42"
    caps = [body["max_completion_tokens"] for body in provider.requests]
    assert caps == [4096, 8192]
    assert engine.keys == ["react/t1/think", "react/t1/think/longer"]


async def test_an_answer_cut_at_the_cap_says_so(engine: Harness, provider: Provider):
    provider.script = [Say("It is fort", finish="length")]
    result = await engine.run()
    assert (result.answer_kind, result.warnings) == (
        "best_effort",
        ("The answer was cut at the output cap.",),
    )


async def test_a_long_observation_is_cut_in_its_middle(engine: Harness, provider: Provider):
    provider.script = [compute("2**1000 * 10**700"), Say("done")]
    await engine.run(params={"observation_chars": 200})
    (text,) = tool_texts(provider.requests[1])
    assert "characters left out" in text
    assert text.endswith("0" * 50)


async def test_an_over_long_conversation_loses_old_observations_only(
    engine: Harness, provider: Provider
):
    # One observation of a run fills the window only with a task that nearly fills it by itself.
    provider.script = [compute("2**1000 * 10**900"), Say("done")]
    await engine.run(task="word " * 90_000)
    (text,) = tool_texts(provider.requests[1])
    assert "characters left out" in text
    assert len(provider.requests[1]["messages"][1]["content"]) == len("word " * 90_000)


async def test_without_money_for_a_turn_the_closing_call_answers(
    engine: Harness, provider: Provider
):
    engine.journal = Poor(1)
    provider.script = [LOOK, Say("42, I think.")]
    result = await engine.run()
    assert (result.status, result.answer, result.answer_kind, result.stop_reason) == (
        "succeeded",
        "42, I think.",
        "best_effort",
        "budget",
    )
    assert engine.keys == ["react/t1/think", "react/close/budget"]
    assert "calculator" in provider.requests[1]["messages"][1]["content"]


async def test_without_any_money_left_the_run_ends_with_what_was_found(
    engine: Harness, provider: Provider
):
    engine.journal = Poor(1, closing=False)
    provider.script = [LOOK]
    result = await engine.run()
    assert (result.status, result.answer_kind, result.stop_reason) == (
        "succeeded",
        "partial",
        "budget",
    )
    assert result.answer is not None
    assert "42" in result.answer


async def test_without_money_for_anything_the_run_fails(engine: Harness, provider: Provider):
    engine.journal = Poor(0, closing=False)
    result = await engine.run()
    assert (result.status, result.answer) == ("failed", None)
    assert result.error is not None
    assert result.error["code"] == "budget_exceeded"
    assert provider.requests == []


async def test_a_provider_error_keeps_what_was_found(engine: Harness, provider: Provider):
    provider.script = [LOOK, Refuse(401, "Incorrect key: sk-proj-abcd1234")]
    result = await engine.run()
    assert (result.status, result.answer_kind) == ("failed", "partial")
    assert result.error == {
        "code": "authentication",
        "message": "The provider refused this site's key.",
    }
    assert result.answer is not None
    assert "Incorrect key" not in result.answer


async def test_a_refused_request_is_explained_without_secrets(engine: Harness, provider: Provider):
    provider.script = [Refuse(404, "No model x for org-AbCd1234 with sk-proj-ab_cd***wxyz.")]
    result = await engine.run()
    assert result.error == {
        "code": "not_found",
        "message": "No model x for [redacted] with [redacted]",
    }
