"""The awaited submit and its door where things go wrong, or all at once."""

import asyncio
import json
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.utils import timezone

from accounts.caller import Caller
from accounts.models import KEY_PREFIX, ApiToken, User
from agentsite.local.ports import free_port
from runs.alert_models import TokenGuard
from runs.errors import CallerGone, TokenPaused
from runs.intake import submit
from runs.intake.database import close
from runs.models import ForbiddenTool, Run, RunEvent
from runs.services import submit_run
from runs.submission import Submission
from tests.runs.intake.doors import Asked, Door
from tests.stack import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
TASK = {"task": "What is 6 times 7?"}
AT_ONCE = 50
WAIT_S = 60


@pytest.fixture(autouse=True)
def any_host(settings) -> None:
    settings.ALLOWED_HOSTS = ["site"]


def in_a_loop(work: Any) -> Any:
    """Run this in an event loop whose connections end with it."""

    async def working() -> Any:
        try:
            return await work()
        finally:
            await close()

    return asyncio.run(working())


def test_equal_submits_at_once_with_one_key_make_one_run(key, alice):
    door = Door(lean=True)
    asked = Asked(TASK, headers={"idempotency-key": "k"})

    async def all_at_once() -> Any:
        return await asyncio.gather(*(door.answer(asked, key) for _ in range(AT_ONCE)))

    answers = in_a_loop(all_at_once)

    assert {answer.status for answer in answers} == {202}
    assert len({json.loads(answer.body)["id"] for answer in answers}) == 1
    first = [answer for answer in answers if b"Idempotency-Replayed" not in answer.headers]
    assert len(first) == 1
    assert Run.objects.filter(owner=alice).count() == 1
    assert RunEvent.objects.count() == 1
    assert door.to_django == 0


def test_many_submits_at_once_are_all_stored(key, alice):
    door = Door(lean=True)

    async def all_at_once() -> Any:
        asked = [Asked({"task": f"What is {n} times 7?"}) for n in range(AT_ONCE)]
        return await asyncio.gather(*(door.answer(one, key) for one in asked))

    answers = in_a_loop(all_at_once)

    told = [json.loads(answer.body) for answer in answers]
    assert sorted(one["queue"]["position"] for one in told) == list(range(1, AT_ONCE + 1))
    assert {one["id"] for one in told} == {str(run.pk) for run in Run.objects.filter(owner=alice)}


def test_a_run_that_cannot_be_stored_takes_no_other_with_it(alice):
    nobody = Caller(User(pk=2**40))
    task = Submission(task="x")

    async def all_at_once() -> Any:
        callers = [Caller(alice), nobody, Caller(alice), nobody, Caller(alice)]
        runs = (submit(caller=caller, submission=task) for caller in callers)
        return await asyncio.gather(*runs, return_exceptions=True)

    first, nobodys, second, nobodys_too, third = in_a_loop(all_at_once)

    assert isinstance(nobodys, CallerGone)
    assert isinstance(nobodys_too, CallerGone)
    stored = {run.pk for run in Run.objects.all()}
    assert stored == {submitted.run.pk for submitted in (first, second, third)}


def test_who_sends_equal_and_other_keys_at_once_is_told_apart(key, alice, bob):
    door = Door(lean=True)
    bobs = ApiToken.objects.issue(user=bob, name="test")[1]
    sent = [key, bobs, key, f"{KEY_PREFIX}unknown"]

    async def all_at_once() -> Any:
        return await asyncio.gather(*(door.answer(Asked(TASK), one) for one in sent))

    answers = in_a_loop(all_at_once)

    assert [answer.status for answer in answers] == [202, 202, 202, 401]
    owners = {str(run.pk): run.owner_id for run in Run.objects.all()}
    told = [owners[json.loads(answer.body)["id"]] for answer in answers[:3]]
    assert told == [alice.pk, bob.pk, alice.pk]


def test_a_client_that_leaves_within_its_body_changes_nothing(key):
    scope, sent = Asked(TASK).scope(key)

    async def leave() -> None:
        connection = ApplicationCommunicator(Door(lean=True).application, scope)
        part = {"type": "http.request", "body": sent[:5], "more_body": True}
        await connection.send_input(part)
        await connection.send_input({"type": "http.disconnect"})
        await connection.wait(WAIT_S)
        assert await connection.receive_nothing()

    in_a_loop(leave)

    assert not Run.objects.exists()


def test_a_request_that_is_cut_off_before_its_answer_leaves_a_whole_run(key, alice):
    scope, sent = Asked(TASK).scope(key)

    async def cut_off() -> None:
        answering = asyncio.Event()

        async def receive() -> Any:
            return {"type": "http.request", "body": sent}

        async def send(message: Any) -> None:
            answering.set()
            await asyncio.Event().wait()

        task = asyncio.ensure_future(Door(lean=True).application(scope, receive, send))
        await asyncio.wait_for(answering.wait(), WAIT_S)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    in_a_loop(cut_off)

    run = Run.objects.get(owner=alice)
    assert (run.status, run.last_seq, run.events.count()) == ("queued", 1, 1)


def test_without_redis_a_submit_is_stored_and_the_log_says_that_limits_are_off(
    key, settings, caplog
):
    away = f"redis://127.0.0.1:{free_port()}/0"
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": away}}

    (answer,) = Door(lean=True).answers(Asked(TASK), key=key)

    assert answer.status == 202
    assert b"X-RateLimit-Limit" not in answer.headers
    assert Run.objects.count() == 1
    assert "rate limits are off" in caplog.text


def test_where_the_pool_reaches_no_database_django_answers(key, settings):
    reached = settings.DATABASES["default"]
    settings.DATABASES = {"default": {**reached, "HOST": "127.0.0.1", "PORT": str(free_port())}}
    door = Door(lean=True)

    (answer,) = door.answers(Asked(TASK), key=key)

    assert answer.status == 202
    assert door.to_django == 1


def test_a_paused_token_is_refused_and_one_that_was_resumed_is_not(key, alice):
    door = Door(lean=True)
    guard = TokenGuard.objects.create(token=alice.api_tokens.get(), paused_at=timezone.now())

    refused = in_a_loop(lambda: door.answer(Asked(TASK), key))
    assert (refused.status, json.loads(refused.body)["code"]) == (403, "token_paused")
    with pytest.raises(TokenPaused):
        in_a_loop(lambda: submit(caller=Caller(alice, guard.token), submission=Submission("x")))
    assert not Run.objects.exists()
    TokenGuard.objects.filter(pk=guard.pk).update(paused_at=None)
    assert in_a_loop(lambda: door.answer(Asked(TASK), key)).status == 202


@pytest.mark.parametrize("gone", ["user", "token"])
def test_a_caller_who_is_deleted_after_being_let_in_is_told_so(alice, gone):
    token = ApiToken.objects.issue(user=alice, name="k")[0]
    caller = Caller(alice, token)
    rows = User.objects.filter(pk=alice.pk) if gone == "user" else alice.api_tokens.all()
    rows.delete()

    with pytest.raises(CallerGone) as refused:
        in_a_loop(lambda: submit(caller=caller, submission=Submission("x")))

    assert (refused.value.status, refused.value.code) == (401, "not_authenticated")
    with pytest.raises(CallerGone):
        submit_run(owner=alice, api_token=token, submission=Submission("x"))
    assert not Run.objects.exists()


def test_what_was_known_refuses_nothing_that_is_allowed_now(alice):
    asked = Submission(task="x", tools=("calculator",))
    caller = Caller(alice)
    ForbiddenTool.objects.create(name="calculator", reason="Use your head.")

    async def submit_twice() -> Any:
        first = await submit(caller=caller, submission=Submission(task="y"))
        await asyncio.to_thread(ForbiddenTool.objects.all().delete)
        return first, await submit(caller=caller, submission=asked)

    first, second = in_a_loop(submit_twice)

    assert "calculator" not in first.run.tools
    assert second.run.tools == ["calculator"]


def test_the_use_of_a_token_is_noted_beside_its_request(key):
    async def submit_and_wait() -> None:
        await Door(lean=True).answer(Asked(TASK), key)
        await asyncio.to_thread(
            wait_for, lambda: ApiToken.objects.filter(last_used_at__isnull=False).exists()
        )

    in_a_loop(submit_and_wait)

    assert ApiToken.objects.get().last_used_at is not None


def test_a_stored_run_is_as_it_was_returned(alice):
    async def one() -> Any:
        return await submit(caller=Caller(alice), submission=Submission(task="x", deadline_s=60))

    submitted = in_a_loop(one)

    stored = Run.objects.get(pk=submitted.run.pk)
    names = {field.attname for field in Run._meta.concrete_fields if not field.generated}
    assert {
        name: (getattr(submitted.run, name), getattr(stored, name))
        for name in names
        if getattr(submitted.run, name) != getattr(stored, name)
    } == {}
