"""Chat completions through the official client, against the site, a worker and the simulator."""

from openai import OpenAI

from billing.money import format_usd
from tests.flows.openai.clients import MODEL
from tests.flows.provider_bill import assert_never_below_the_provider


def test_a_plain_model_is_one_paid_call(client: OpenAI, worker, stack, runs, named) -> None:
    task = named("Say hello.")

    answer = client.chat.completions.create(
        model=MODEL,
        messages=[
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": task},
            {"role": "assistant", "content": "Hello."},
            {"role": "user", "content": "Say it again."},
        ],
        temperature=0.3,
        max_completion_tokens=400,
    )

    (run,) = runs()
    (call,) = stack.provider_ledger(task)
    assert answer.usage
    assert answer.choices[0].message.content == run.answer
    assert answer.choices[0].finish_reason == "stop"
    assert (answer.model, run.pattern, run.llm_calls, run.held_usd) == (MODEL, "plain", 1, 0)
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (
        run.input_tokens,
        run.output_tokens,
    )
    assert (answer.model_extra or {})["agentsite"] == {
        "run_id": str(run.pk),
        "cost_usd": format_usd(run.cost_usd),
        "answer_kind": "final",
        "stop_reason": "completed",
    }
    assert call
    assert_never_below_the_provider(run, stack.provider_ledger(task))


def test_a_stream_gives_the_answer_in_pieces_and_its_usage_last(
    client: OpenAI, worker, runs, named
) -> None:
    task = named("Describe a lighthouse. [sim: chunks=160 rate=40]")

    chunks = list(
        client.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": task}],
            stream=True,
            stream_options={"include_usage": True},
        )
    )

    (run,) = runs()
    *others, last = chunks
    assert last.usage
    texts = [chunk.choices[0].delta.content for chunk in others if chunk.choices[0].delta.content]
    assert "".join(texts) == run.answer.strip()
    assert len(texts) > 3
    assert [chunk.usage for chunk in others] == [None] * len(others)
    assert (last.choices, last.usage.completion_tokens) == ([], run.output_tokens)
    assert others[-1].choices[0].finish_reason == "stop"
    assert (last.model_extra or {})["agentsite"]["run_id"] == str(run.pk)
