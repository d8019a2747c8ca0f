"""An address that answers 200 with something else than an event stream."""

import asyncio

import pytest

from runs.engine.types import Usage
from tests.engine.harness import Harness
from tests.engine.scripted import Provider, Say, event

PORTAL = b"<!DOCTYPE html>\n<html><title>Sign in to the network</title></html>\n"


@pytest.mark.parametrize(
    ("content_type", "body", "named"),
    [
        ("text/html; charset=utf-8", PORTAL, "text/html"),
        ("text/plain", b"", "text/plain"),
        ("", b"error code: 1020", "no content type"),
    ],
)
async def test_it_is_in_doubt_said_clearly_and_not_tried_again(
    engine: Harness, provider: Provider, content_type: str, body: bytes, named: str
):
    provider.script = [Say(raw=body, content_type=content_type)] * 3
    result = await engine.run()
    assert result.status == "failed"
    assert result.error == {
        "code": "not_a_stream",
        "message": f"The provider's address answers with {named}, not with an event stream.",
    }
    ((start, end),) = engine.journal.steps
    assert end is not None
    assert (end.status, end.confidence) == ("in_doubt", "in_doubt")
    assert end.usage == Usage(start.max_input_tokens, 0, start.max_output_tokens)


@pytest.mark.parametrize("content_type", ["text/html", "text/plain", "application/octet-stream"])
@pytest.mark.parametrize("before", [b"", b": queued\n\n", b"\r\n\r\nevent: message\r\n"])
async def test_events_under_another_name_are_read(
    engine: Harness, provider: Provider, content_type: str, before: bytes
):
    body = b"".join((before, *map(event, Say("42").chunks()), Say().ending()))
    provider.script = [Say(raw=body, content_type=content_type)]
    assert (await engine.run()).answer == "42"
    assert [end.confidence for end in engine.ends] == ["exact"]


async def test_the_rest_of_such_an_answer_is_not_waited_for(engine: Harness, provider: Provider):
    provider.script = [Say(raw=PORTAL, content_type="text/html", hang=True)]
    async with asyncio.timeout(25):
        await engine.run()
        await provider.dropped.wait()


async def test_a_cancel_ends_the_wait_for_its_first_words(engine: Harness, provider: Provider):
    provider.script = [Say(raw=b"\n", content_type="text/html", hang=True)]
    running = asyncio.create_task(engine.run())
    while not provider.requests:
        await asyncio.sleep(0.01)
    engine.stop.halt("cancelled")
    async with asyncio.timeout(25):
        assert (await running).status == "cancelled"
        await provider.dropped.wait()
