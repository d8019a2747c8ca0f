"""The Responses API through the official client."""

from typing import Any

import pytest
from openai import NotFoundError, OpenAI

from accounts.models import ApiToken
from runs.states import Status
from tests.factories import UserFactory
from tests.flows.openai.clients import MODEL
from tests.stack import Stack, wait_for


def test_a_response_is_stored_and_can_be_read(client: OpenAI, worker, runs, named) -> None:
    made = client.responses.create(
        model=MODEL, input=named("Say hello."), instructions="Be brief.", metadata={"a": "b"}
    )

    (run,) = runs()
    read = client.responses.retrieve(made.id)
    assert (made.status, made.output_text, made.metadata) == ("completed", run.answer, {"a": "b"})
    assert made.usage
    assert (made.usage.input_tokens, made.usage.output_tokens) == (
        run.input_tokens,
        run.output_tokens,
    )
    assert read == made
    item: Any
    (item,) = client.responses.input_items.list(made.id).data
    assert item.content[0].text == run.task


def test_a_conversation_goes_on_from_a_response(
    client: OpenAI, stack: Stack, worker, runs, named
) -> None:
    first = client.responses.create(model=MODEL, input=named("Name a colour."))

    second = client.responses.create(
        model=MODEL, input="And another one.", previous_response_id=first.id, store=False
    )

    before = runs()[1].params["before"]
    assert [message["role"] for message in before] == ["user", "assistant"]
    assert before[1]["content"] == first.output_text
    assert second.previous_response_id == first.id
    with pytest.raises(NotFoundError):
        client.responses.retrieve(second.id)


def test_a_response_that_is_taken_away_is_gone(client: OpenAI, worker, named) -> None:
    made = client.responses.create(model=MODEL, input=named("Say hello."))

    client.responses.delete(made.id)

    with pytest.raises(NotFoundError):
        client.responses.retrieve(made.id)
    with pytest.raises(NotFoundError) as refused:
        client.responses.create(model=MODEL, input="Go on.", previous_response_id=made.id)
    assert refused.value.param == "previous_response_id"


def test_the_stream_is_the_same_from_any_place(
    client: OpenAI, stack: Stack, worker, runs, named
) -> None:
    task = named("Describe a lighthouse. [sim: chunks=60 rate=60]")
    events: list[Any] = list(client.responses.create(model=MODEL, input=task, stream=True))

    (run,) = runs()
    numbers = [event.sequence_number for event in events]
    deltas = [event for event in events if event.type == "response.output_text.delta"]
    assert numbers == sorted(set(numbers))
    assert "".join(event.delta for event in deltas) == run.answer.strip()
    assert [event.type for event in events][:4] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
    ]
    assert [event.type for event in events][-4:] == [
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    read = [(deltas[1].sequence_number, len(deltas[0].delta + deltas[1].delta)), (3, 0), (-1, 0)]
    for after, known in read:
        rest: list[Any] = list(
            client.responses.retrieve(events[0].response.id, stream=True, starting_after=after)
        )
        text = "".join(e.delta for e in rest if e.type == "response.output_text.delta")
        assert text == run.answer.strip()[known:]
        assert [e.sequence_number for e in rest][-4:] == numbers[-4:]
        assert all(event.sequence_number > after for event in rest)


def test_the_background_goes_on_without_its_reader(
    client: OpenAI, stack: Stack, worker, named
) -> None:
    task = named("Describe a lighthouse. [sim: chunks=200 rate=100]")
    made = client.responses.create(model=MODEL, input=task, background=True)
    assert made.status in ("queued", "in_progress")

    with client.responses.retrieve(made.id, stream=True) as stream:
        for event in stream:
            if event.type == "response.output_text.delta":
                break

    def ended() -> bool:
        return client.responses.retrieve(made.id).status == "completed"

    wait_for(ended)


def test_a_response_is_cancelled(client: OpenAI, stack: Stack, worker, runs, named) -> None:
    task = named("Describe a lighthouse. [sim: chunks=2000 rate=20]")
    made = client.responses.create(model=MODEL, input=task, background=True)
    wait_for(lambda: runs()[0].status == Status.RUNNING)

    cancelled = client.responses.cancel(made.id)

    assert cancelled.status in ("in_progress", "cancelled")
    wait_for(lambda: client.responses.retrieve(made.id).status == "cancelled")
    assert client.responses.cancel(made.id).status == "cancelled"


def test_another_user_finds_nothing(client: OpenAI, stack: Stack, worker, named) -> None:
    made = client.responses.create(model=MODEL, input=named("Say hello."))
    _, key = ApiToken.objects.issue(user=UserFactory.create(), name="other")
    other = OpenAI(base_url=client.base_url, api_key=key)

    with pytest.raises(NotFoundError):
        other.responses.retrieve(made.id)
    with pytest.raises(NotFoundError):
        other.responses.create(model=MODEL, input="Go on.", previous_response_id=made.id)
