"""Connections that are cut, at each moment: no run goes on for nobody, and none is paid twice."""

import socket
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from openai import APIStatusError, APITimeoutError, ConflictError, OpenAI, UnprocessableEntityError

from runs.models import Run
from runs.states import Status
from tests.flows.openai.clients import MODEL
from tests.flows.provider_bill import assert_never_below_the_provider
from tests.proxy import Proxy, Wire
from tests.stack import Stack, wait_for

SLOW = "Describe a lighthouse. [sim: chunks=4000 rate=20]"
SHORT = "Describe a lighthouse. [sim: chunks=20]"


def ask(client: OpenAI, task: str, **more: Any) -> Any:
    messages: Any = [{"role": "user", "content": task}]
    return client.chat.completions.create(model=MODEL, messages=messages, **more)


def is_cancelled(run: Run) -> bool:
    run.refresh_from_db()
    return run.status == Status.CANCELLED


@pytest.fixture
def through_proxy(stack: Stack, key: str):
    proxy = Proxy(stack.web_url, Wire)
    with closing(proxy), OpenAI(base_url=f"{proxy.url}/v1", api_key=key) as client:
        yield proxy, client


def test_before_the_request_was_read_there_is_no_run(stack: Stack, key: str, runs) -> None:
    address = urlsplit(stack.web_url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        head = (
            "POST /v1/chat/completions HTTP/1.1",
            "Host: 127.0.0.1",
            f"Authorization: Bearer {key}",
            "Content-Type: application/json",
            "Content-Length: 500",
        )
        connection.sendall("\r\n".join((*head, "", '{"model"')).encode())

    # The site answers others: it isn't just slow.
    assert httpx2.get(f"{stack.web_url}/healthz").status_code == 200
    assert runs() == []


def test_a_request_that_never_arrived_is_sent_again(through_proxy, worker, runs, named) -> None:
    proxy, client = through_proxy
    trap = proxy.set("lighthouse", "before", lambda: None)

    answer = ask(client, named(SHORT))

    (run,) = runs()
    assert trap.sprung.is_set()
    assert answer.choices[0].message.content == run.answer


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_that_was_lost_is_given_again(
    through_proxy, worker, runs, named, stream: bool
) -> None:
    proxy, client = through_proxy
    text = "[DONE]" if stream else "finish_reason"
    proxy._wire = type("Whole", (Wire,), {"answered": lambda self, data: text.encode() in data})
    trap = proxy.set("lighthouse", "after", lambda: None)

    answer = ask(client, named(SHORT), stream=stream)
    texts = [c.choices[0].delta.content or "" for c in answer] if stream else []

    (run,) = runs()
    assert trap.sprung.is_set()
    assert run.answer.strip() == "".join(texts) if stream else answer.choices[0].message.content
    assert run.llm_calls == 1


def test_a_time_out_and_its_retries_are_one_run(
    client: OpenAI, stack: Stack, worker, runs, named
) -> None:
    task = named(SLOW)

    with pytest.raises(APITimeoutError):
        ask(client.with_options(timeout=1.5), task)

    (run,) = runs()
    wait_for(lambda: is_cancelled(run))
    assert run.cost_usd > 0
    assert_never_below_the_provider(run, stack.provider_ledger(task))


def test_a_second_try_waits_for_the_run_of_the_first(
    stack: Stack, key: str, worker, runs, named
) -> None:
    body = {
        "model": MODEL,
        "messages": [
            {"role": "user", "content": named("Describe a lighthouse. [sim: chunks=150 rate=25]")}
        ],
    }

    def send(count: int, timeout: float) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {key}", "X-Stainless-Retry-Count": str(count)}
        url = f"{stack.web_url}/v1/chat/completions"
        return httpx2.post(url, json=body, headers=headers, timeout=timeout)

    with pytest.raises(httpx2.ReadTimeout):
        send(0, 1.5)
    answer = send(1, 120)

    (run,) = runs()
    assert (answer.status_code, answer.headers["x-agentsite-run-id"]) == (200, str(run.pk))
    assert run.status == Status.SUCCEEDED


def test_a_stream_that_is_closed_ends_its_run(
    client: OpenAI, stack: Stack, worker, runs, named
) -> None:
    task = named(SLOW)
    with ask(client, task, stream=True) as stream:
        for chunk in stream:
            if chunk.choices[0].delta.content:
                break

    (run,) = runs()
    wait_for(lambda: is_cancelled(run))
    assert (run.answer_kind, run.held_usd) == ("partial", 0)
    assert run.cost_usd > 0
    assert_never_below_the_provider(run, stack.provider_ledger(task))


def test_a_client_that_does_not_try_again_ends_its_run(
    stack: Stack, key: str, worker, runs, named
) -> None:
    body = {"model": MODEL, "messages": [{"role": "user", "content": named(SLOW)}]}
    with pytest.raises(httpx2.ReadTimeout):
        httpx2.post(
            f"{stack.web_url}/v1/chat/completions",
            json=body,
            headers={"Authorization": f"Bearer {key}"},
            timeout=1.5,
        )

    (run,) = runs()
    wait_for(lambda: is_cancelled(run))


def test_a_provider_that_fails_is_not_asked_again_by_the_client(
    client: OpenAI, worker, runs, named
) -> None:
    with pytest.raises(APIStatusError) as failed:
        ask(client, named("Say hello. [sim: status=401]"))

    (run,) = runs()
    assert run.status == Status.FAILED
    assert failed.value.status_code == 502
    assert failed.value.code == run.error["code"]
    assert failed.value.response.headers["x-should-retry"] == "false"
    assert failed.value.response.headers["x-agentsite-run-id"] == str(run.pk)


def test_a_key_makes_one_run(client: OpenAI, worker, runs, named) -> None:
    task, key = named(SHORT), {"Idempotency-Key": named("key")}

    first = ask(client, task, extra_headers=key)
    second = ask(client, task, extra_headers=key)

    (run,) = runs()
    assert first.id == second.id
    assert first.choices == second.choices
    with pytest.raises((ConflictError, UnprocessableEntityError)) as refused:
        ask(client.with_options(max_retries=0), named(SHORT), extra_headers=key)
    assert refused.value.code == "idempotency_conflict"
    assert run.llm_calls == 1
