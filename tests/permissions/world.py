"""One of each thing that an address may name, all of them Alice's, and who asks for them."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, Scope, User
from accounts.sign_in_models import SignIn
from billing.models import LedgerEntry
from billing.services import raise_budget
from runs.models import KillSwitch, Run
from runs.openai.responses import response_id
from runs.openai.responses_request import responses_request
from runs.reconcile.services import ask_with_file
from runs.webhooks.services import create_webhook, send_test
from tests import journal
from tests.factories import RunFactory, set_budget
from tests.runs.prompts.sets import prompt_set

MONTH = "2026-03"
READ_ONLY: list[str] = [Scope.RUNS_READ, Scope.USAGE_READ]
Body = dict[str, Any]
# In all texts that are Alice's.
MARK = "of-alice-only"
HOOK = "https://hooks.example.org/a"


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who asks, with a key or as a browser that is signed in; both may be missing."""

    key: str = ""
    session: str = ""

    def client(self) -> Client:
        """A new client, so that no answer changes the next request."""
        client = Client(headers={"Authorization": f"Token {self.key}"} if self.key else None)
        if self.session:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.session
        return client


def signed_in(user: User) -> Person:
    """The user's browser."""
    client = Client()
    client.force_login(user)
    return Person(session=client.cookies[settings.SESSION_COOKIE_NAME].value)


def key(user: User, scopes: list[str] | None = None, days: int = 1) -> str:
    """The key of a new token."""
    expires_at = timezone.now() + timedelta(days=days)
    return ApiToken.objects.issue(user=user, name="k", scopes=scopes, expires_at=expires_at)[1]


def people_with_tokens(alice: User, bob: User, staff: User) -> dict[str, Person]:
    """Who asks the API."""
    return {
        "nobody": Person(),
        "owner": Person(key(alice)),
        "other": Person(key(bob)),
        "staff": Person(key(staff)),
        "expired": Person(key(alice, days=-1)),
        "reader": Person(key(alice, READ_ONLY)),
        "browser": signed_in(alice),
    }


class World:
    """The things, and where each stands in an address."""

    def __init__(self, alice: User, bob: User, staff: User) -> None:
        self.alice = alice
        self.with_tokens = people_with_tokens(alice, bob, staff)
        self.with_browsers = {
            **self.with_tokens,
            "owner": signed_in(alice),
            "other": signed_in(bob),
            "staff": signed_in(staff),
        }
        del self.with_browsers["browser"]
        self._places = _places(alice)
        self.bodies = _bodies(alice, self._places)

    def address(self, route: str) -> str:
        """A route's address with the things in it; of several places the longest one counts."""
        for place in sorted(self._places, key=len, reverse=True):
            if route.startswith(place):
                path = self._places[place] + route.removeprefix(place)
                assert not set("<(") & set(path), f"{route}: say in {__name__} what stands there"
                return f"/{path}"
        raise AssertionError(f"{route}: say in {__name__} what stands there")


BILL = (
    "start,end,model,requests,fresh_input_tokens,cached_input_tokens,cache_write_tokens,"
    "output_tokens\n2026-11-20T00:00:00Z,2026-11-21T00:00:00Z,gpt-4.1-mini,1,10,0,0,5\n"
)


def _places(alice: User) -> dict[str, str]:
    ended, another = (journal.succeed(_run(alice), MARK).pk for _ in range(2))
    poor = _waits_for_money(alice)
    asking = _waits_for_approval(alice)
    doubt = _doubt(alice)
    bill = ask_with_file(provider="", name=MARK, text=BILL).pk
    token = ApiToken.objects.issue(user=alice, name=MARK)[0].pk
    kept = prompt_set(alice, MARK).prompt_set_id
    budget = set_budget(5, scope="user", user=alice).pk
    raised = raise_budget(budget=set_budget(5, scope="user", user=alice), limit_usd=Decimal(6)).pk
    queued = _run(alice).pk
    hook = create_webhook(owner=alice, url=HOOK, events=["run.finished"], description=MARK)[0]
    delivery = send_test(webhook=hook).pk
    switch = KillSwitch.objects.create(scope="pattern", pattern="rewoo", reason=MARK).pk
    session = SignIn.objects.create(user=alice, session_key=MARK).pk
    response = response_id(_response(alice))
    return {
        "": "",
        "accounts/verify/<str:key>/": "accounts/verify/unknown/",
        "accounts/password/reset/key/<uidb36>-<key>/": ("accounts/password/reset/key/1-unknown/"),
        "api/v1/admin/budgets/<uuid:pk>/": f"api/v1/admin/budgets/{budget}/",
        "account/email/<str:key>/": "account/email/unknown/",
        "account/sessions/<uuid:pk>/": f"account/sessions/{session}/",
        "api/v1/admin/kill-switches/<int:pk>/": f"api/v1/admin/kill-switches/{switch}/",
        "api/v1/prompt-sets/<uuid:pk>/": f"api/v1/prompt-sets/{kept}/",
        "api/v1/prompt-sets/<uuid:pk>/versions/<int:number>/": (
            f"api/v1/prompt-sets/{kept}/versions/1/"
        ),
        "api/v1/admin/invoices/<month:month>/": f"api/v1/admin/invoices/{MONTH}/",
        "api/v1/invoices/<month:month>/": f"api/v1/invoices/{MONTH}/",
        "api/v1/statements/<month:month>/": f"api/v1/statements/{MONTH}/",
        "api/v1/usage/focus.csv": f"api/v1/usage/focus.csv?from={MONTH}-01&to={MONTH}-28",
        "invoices/<month:month>/": f"invoices/{MONTH}/",
        "ops/users/<int:pk>/": f"ops/users/{alice.pk}/",
        "api/v1/runs/<uuid:pk>/": f"api/v1/runs/{ended}/",
        "api/v1/runs/<uuid:pk>/cancel/": f"api/v1/runs/{queued}/cancel/",
        "api/v1/runs/<uuid:pk>/fund/": f"api/v1/runs/{poor}/fund/",
        "api/v1/runs/<uuid:pk>/approve/": f"api/v1/runs/{asking}/approve/",
        "api/v1/runs/compare/": f"api/v1/runs/compare/?a={ended}&b={another}",
        "api/v1/admin/users/<int:pk>/": f"api/v1/admin/users/{alice.pk}/",
        "api/v1/tokens/<uuid:pk>/": f"api/v1/tokens/{token}/",
        "api/v1/webhooks/<uuid:pk>/": f"api/v1/webhooks/{hook.pk}/",
        "api/v1/webhooks/<uuid:pk>/deliveries/<uuid:delivery>/": (
            f"api/v1/webhooks/{hook.pk}/deliveries/{delivery}/"
        ),
        "agent/result/<uuid:task_id>": f"agent/result/{ended}",
        "v1/models/<path:name>": "v1/models/react",
        "v1/responses/<str:name>": f"v1/responses/{response}",
        "webhooks/<uuid:pk>/": f"webhooks/{hook.pk}/",
        "webhooks/<uuid:pk>/deliveries/<uuid:delivery>/": (
            f"webhooks/{hook.pk}/deliveries/{delivery}/"
        ),
        "budgets/<uuid:pk>/": f"budgets/{budget}/",
        "budgets/<uuid:pk>/end-raise/": f"budgets/{raised}/end-raise/",
        "ops/kill/<int:pk>/": f"ops/kill/{switch}/",
        "api/v1/admin/reconciliations/<uuid:pk>/": f"api/v1/admin/reconciliations/{bill}/",
        "ops/bills/<uuid:pk>/": f"ops/bills/{bill}/",
        "ops/doubt/<int:entry_id>/": f"ops/doubt/{doubt}/",
        "prompts/<uuid:pk>/": f"prompts/{kept}/",
        "runs/<uuid:run_id>/": f"runs/{ended}/",
        "runs/<uuid:run_id>/cancel/": f"runs/{queued}/cancel/",
        "runs/<uuid:run_id>/fund/": f"runs/{poor}/fund/",
        "runs/<uuid:run_id>/approve/": f"runs/{asking}/approve/",
        "shared/<str:key>/": "shared/unknown/",
        "runs/compare/": f"runs/compare/?a={ended}&b={another}",
        "tokens/<uuid:pk>/": f"tokens/{token}/",
        "alerts/tokens/<uuid:pk>/": f"alerts/tokens/{token}/",
    }


def _bodies(alice: User, places: dict[str, str]) -> dict[str, Body]:
    """What is sent to a route; nothing, where nothing is said here."""
    task = {"task": "What is 6 times 7?"}
    texts = {"custom_instructions": "In French."}
    approval = {"step": "react/t1/tool/1", "approved": True}
    budget = {"scope": "site", "period": "day", "limit_usd": "5"}
    return {
        "api/v1/runs/": task,
        "api/v1/estimate/": task,
        "api/v1/prompts/preview/": task,
        "api/v1/runs/<uuid:pk>/fund/": {"add_usd": "1"},
        "api/v1/runs/<uuid:pk>/approve/": approval,
        "api/v1/prompt-sets/": {"name": "new", **texts},
        "api/v1/prompt-sets/<uuid:pk>/versions/": texts,
        "api/v1/admin/budgets/": budget,
        "api/v1/admin/budgets/<uuid:pk>/": {"limit_usd": "6"},
        "api/v1/tokens/": {"name": "new"},
        "api/v1/runs/<uuid:pk>/feedback/": {"score": 1},
        "api/v1/admin/kill-switches/": {
            "scope": "pattern",
            "pattern": "storm",
            "reason": "Soon.",
        },
        "api/v1/admin/intake/": {"paused": True, "reason": "Soon."},
        "api/v1/admin/reconciliations/": {"document": BILL},
        "api/v1/webhooks/": {"url": HOOK, "events": ["run.finished"]},
        "api/v1/webhooks/<uuid:pk>/": {"enabled": False},
        "agent/run/async": task,
        # Who may ask learns that there is no such model; a run would be waited for.
        "v1/chat/completions": {"model": "none", "messages": [{"role": "user", "content": "Hi"}]},
        "v1/responses": {"model": "none", "input": "Hi"},
    }


def _run(alice: User, **fields: Any) -> Run:
    return RunFactory.create(owner=alice, task=MARK, metadata={"team": MARK}, **fields)


def _response(alice: User) -> Run:
    """A run of the OpenAI front."""
    asked = responses_request({"model": "react", "input": MARK}, lambda name: [])
    config = {"custom_instructions": "", "goals": [], "prompts": {}, "roles": {}}
    run = _run(alice, config={**config, "front": asked.asked.submission().front})
    return journal.succeed(run, MARK)


def _waits_for_money(alice: User) -> Any:
    run = journal.start(_run(alice, max_cost_usd=Decimal("0.01"), when_out_of_money="ask"))
    journal.begin(run)
    journal.pause(run, needs=Decimal("0.02"))
    return run.pk


def _waits_for_approval(alice: User) -> Any:
    run = journal.start(_run(alice))
    journal.begin(run)
    journal.ask_for_tool(run)
    journal.pause(run)
    return run.pk


def _doubt(alice: User) -> int:
    run = journal.start(_run(alice))
    journal.dispatch(run)
    journal.lose_worker(run)
    return LedgerEntry.objects.get(run_id=run.pk, confidence="in_doubt").pk
