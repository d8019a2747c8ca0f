"""The lean door and Django's are one to a client: the same requests get the same answers."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, NamedTuple

import pytest
from django.utils import timezone

from accounts.models import ApiToken, Scope, User
from runs.models import ForbiddenTool, Run
from tests.factories import set_budget
from tests.rate_limits import forget_counts
from tests.runs.intake.doors import Asked, Door, comparable, differences

pytestmark = pytest.mark.django_db(transaction=True)

TASK = {"task": "What is 6 times 7?"}
ALL_FIELDS = {
    "task": "  keep my spaces \n",
    "pattern": "react",
    "model": "gpt-4.1-mini",
    "params": {"max_iterations": 3},
    "tools": ["calculator"],
    "max_cost_usd": "0.20",
    "cache": "refresh",
    "when_out_of_money": "ask",
    "custom_instructions": "In French.",
    "goals": ["short"],
    "prompts": {},
    "roles": {},
    "reasoning_effort": "high",
    "verbosity": "low",
    "deadline_s": 60,
    "metadata": {"team": "blue"},
    "answer_schema": {
        "type": "object",
        "properties": {"total": {"type": "number"}},
        "required": ["total"],
    },
}
RUN_ID = "0198c0de-0000-7000-8000-000000000001"


class Case(NamedTuple):
    """Requests one after another, and whether the lean door answers them itself."""

    asked: list[Asked]
    lean: bool = True
    prepare: Callable[[User], object] = lambda user: None
    token: dict[str, Any] = {}


def with_key(key: str, body: Any = TASK) -> Asked:
    return Asked(body, headers={"idempotency-key": key})


def refused(**body: Any) -> Case:
    return Case([Asked({**TASK, **body})])


def nested(depth: int) -> list[Any]:
    return [nested(depth - 1)] if depth else []


CASES = {
    "the usual": Case([Asked(TASK)]),
    "two": Case([Asked(TASK), Asked(TASK)]),
    "all fields": Case([Asked(ALL_FIELDS)]),
    "auto, and a role": Case([Asked({**TASK, "roles": {"reflection": "gpt-4.1-nano"}})]),
    "a charset": Case([Asked(TASK, headers={"content-type": "application/json; charset=utf-8"})]),
    "any answer": Case([Asked(TASK, headers={"accept": "text/html, */*"})]),
    "write only": Case([Asked(TASK)], token={"scopes": [Scope.RUNS_WRITE]}),
    "a new key": Case([with_key("k")]),
    "a known key": Case([with_key("k"), with_key("k")]),
    "a known key, other body": Case([with_key("k"), with_key("k", {"task": "other"})]),
    "a known key, bad body": Case([with_key("k"), with_key("k", {**TASK, "model": "gpt-99"})]),
    "a long key": Case([with_key("k" * 256)]),
    "a blank key": Case([with_key(" ")]),
    "a budget": Case([Asked(TASK)], prepare=lambda user: set_budget(5, scope="user", user=user)),
    "no money": Case(
        [Asked(TASK)], prepare=lambda user: set_budget("0.000001", scope="user", user=user)
    ),
    "no json": Case([Asked(raw=b"{task")]),
    "no number": Case([Asked(raw=b'{"task": "x", "deadline_s": NaN}')]),
    "no text": Case([Asked(raw=b'{"task": "\xff"}')]),
    "null character": Case([Asked({"task": "a\0b"})]),
    "too deep": Case([Asked({"task": "x", "params": nested(40)})]),
    "a list": Case([Asked([1])]),
    "nothing asked": Case([Asked({})]),
    "blank": Case([Asked({"task": " \n"})]),
    "unknown field": refused(taks="y"),
    "long task": Case([Asked({"task": "é" * 150_000})]),
    "many goals": refused(goals=["g" * 40_000]),
    "unknown pattern": refused(pattern="magic"),
    "unknown parameter": refused(params={"turbo": True}),
    "unknown model": refused(model="gpt-99"),
    "unknown tool": refused(tools=["teleport"]),
    "unknown prompts": refused(prompt_set="mine"),
    "a forbidden tool": Case(
        [Asked({**TASK, "tools": ["calculator"]})],
        prepare=lambda user: ForbiddenTool.objects.get_or_create(
            name="calculator", defaults={"reason": "Use your head."}
        ),
    ),
    "a number as money": refused(max_cost_usd=0.2),
    "no fork": Case([Asked({"fork": {"run": RUN_ID, "step": 1}})]),
    "a fork by one who can't read": Case(
        [Asked({"fork": {"run": RUN_ID, "step": 1}})], token={"scopes": [Scope.RUNS_WRITE]}
    ),
    "bad schema": refused(answer_schema={"type": "array"}),
    "empty": Case([Asked(raw=b"")], lean=False),
    "waiting": Case([Asked(TASK, query="wait=0")], lean=False),
    "a bad wait": Case([Asked(TASK, query="wait=soon")], lean=False),
    "unknown parameters": Case([Asked(TASK, query="dry=1")], lean=False),
    "no type": Case([Asked(TASK, headers={"content-type": ""})], lean=False),
    "another type": Case([Asked(TASK, headers={"content-type": "text/plain"})], lean=False),
    "another answer": Case([Asked(TASK, headers={"accept": "text/html"})], lean=False),
    "indented": Case([Asked(TASK, headers={"accept": "application/json; indent=2"})], lean=False),
    "too long": Case([Asked(raw=b"x" * 2_000_001)], lean=False),
    "chunked": Case(
        [Asked(TASK, headers={"content-length": "", "transfer-encoding": "chunked"})], lean=False
    ),
    "another host": Case([Asked(TASK, headers={"host": "elsewhere"})], lean=False),
    "no host": Case([Asked(TASK, headers={"host": ""})], lean=False),
    "no key": Case([Asked(TASK, headers={"authorization": ""})], lean=False),
    "another scheme": Case([Asked(TASK, headers={"authorization": "Basic eDp5"})], lean=False),
    "a bad header": Case([Asked(TASK, headers={"authorization": "Token a b"})], lean=False),
    "unknown key": Case([Asked(TASK, headers={"authorization": "Token ags_x"})], lean=False),
    "read only": Case([Asked(TASK)], lean=False, token={"scopes": [Scope.RUNS_READ]}),
    "expired": Case(
        [Asked(TASK)], lean=False, token={"expires_at": timezone.now() - timedelta(days=1)}
    ),
    "a list of runs": Case([Asked(raw=b"", method="GET")], lean=False),
    "another method": Case([Asked(TASK, method="PUT")], lean=False),
}


@pytest.fixture
def both(settings):
    """Send a case to each door, each with a user of its own, and return what can be compared."""
    settings.ALLOWED_HOSTS = ["site"]
    # Windows that don't end between two requests.
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"submit": "600/d", "address": "3000/d"}

    def ask(case: Case) -> tuple[list[Any], list[Any], bool]:
        told, taken = [], False
        for lean in (False, True):
            forget_counts()
            user = User.objects.create_user(f"{'lean' if lean else 'django'}@example.org", "x")
            _, key = ApiToken.objects.issue(user=user, name="test", **case.token)
            case.prepare(user)
            door = Door(lean=lean)
            told.append([comparable(one) for one in door.answers(*case.asked, key=key)])
            taken = door.to_django == 0
            Run.objects.all().delete()
        User.objects.all().delete()
        ForbiddenTool.objects.all().delete()
        return told[0], told[1], taken

    return ask


def test_each_request_gets_the_same_answer_at_both_doors(both):
    found = {name: both(case) for name, case in CASES.items()}

    unlike = {name: differences(old, new) for name, (old, new, _) in found.items()}
    assert {name: found for name, found in unlike.items() if found} == {}
    assert {name for name, (_, _, taken) in found.items() if taken != CASES[name].lean} == set()
    statuses = {answer["status"] for old, _, _ in found.values() for answer in old}
    assert statuses >= {200, 202, 400, 401, 402, 403, 404, 405, 406, 411, 413, 415, 422}


def test_a_limit_that_is_passed_is_told_alike(both, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"submit": "1/d,5/d"}

    old, new, taken = both(Case([Asked(TASK), Asked(TASK)]))

    assert differences(old, new) == []
    assert taken
    assert [answer["status"] for answer in new] == [202, 429]


def test_a_model_that_is_not_called_is_told_alike(both, settings):
    settings.MODEL_SHUTDOWN_DATES = {"gpt-4.1-mini": date(2026, 1, 1)}

    old, new, _ = both(Case([Asked({**TASK, "model": "gpt-4.1-mini"})]))

    assert differences(old, new) == []
    assert new[0]["status"] == 503


def test_behind_tls_both_doors_say_the_same_of_it(both, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 60
    over_tls = Asked(TASK, headers={"x-forwarded-proto": "https"})

    old, new, taken = both(Case([over_tls]))
    assert differences(old, new) == []
    assert taken
    assert new[0]["strict-transport-security"] == "max-age=60"
    assert new[0]["location"].startswith("https://site/")

    old, new, taken = both(Case([Asked(TASK)]))
    assert differences(old, new) == []
    assert not taken
    assert new[0]["status"] == 301
