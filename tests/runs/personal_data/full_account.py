"""Alice with something of everything that points to a user, each with her words in it."""

from allauth.account.models import EmailAddress
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, User
from billing.models import Reconciliation
from runs.alerts.services.preferences import Pausing, set_preferences
from runs.alerts.services.telling import tell
from runs.forecast_models import MonthForecast
from runs.models import IntakeChange, KillSwitch, Run
from runs.webhooks.services import create_webhook
from tests import journal
from tests.accounts.mfa.factors import with_app
from tests.factories import RunFactory, set_budget
from tests.runs.alerts.findings import doubt
from tests.runs.prompts.sets import prompt_set

MARK = "Alice's own words"


def full_account(alice: User) -> Run:
    """What she submitted, set up and was told; her finished run."""
    token, _ = ApiToken.objects.issue(user=alice, name=MARK)
    run = RunFactory.create(
        owner=alice, api_token=token, task=MARK, metadata={"who": MARK}, tags=[MARK],
        session_id=MARK, idempotency_key=MARK,
        config={"custom_instructions": MARK, "goals": [MARK], "prompts": {}, "roles": {}},
    )  # fmt: skip
    journal.succeed(run, MARK)
    Run.objects.filter(pk=run.pk).update(feedback=1, feedback_comment=MARK)
    prompt_set(alice, MARK)
    MonthForecast.objects.create(
        owner=alice, simulated=False, day=timezone.now().date(), low_usd=1, p50_usd=2, high_usd=3
    )
    create_webhook(
        owner=alice, url="https://hooks.example.org/", events=["run.finished"], description=MARK
    )
    set_budget(5, scope="user", user=alice)
    set_budget(2, scope="token", api_token=token)
    tell(doubt(alice, MARK))
    set_preferences(user=alice, ways={}, pausing=Pausing(True, [token.pk]))
    _signed_in(alice)
    _as_staff(alice, token)
    return run


def _signed_in(alice: User) -> None:
    EmailAddress.objects.create(user=alice, email=alice.email)
    with_app(alice)
    Client(headers={"User-Agent": MARK}).force_login(alice)


def _as_staff(alice: User, token: ApiToken) -> None:
    """What she did for the site while she was staff, and what staff did to her."""
    alice.groups.add(Group.objects.create(name="Operators"))
    alice.user_permissions.add(Permission.objects.all()[0])
    LogEntry.objects.create(user=alice, object_repr="a price", action_flag=CHANGE)
    Reconciliation.objects.create(provider="openai", source="file", by=alice)
    IntakeChange.objects.create(paused=False, by=alice)
    done = {"reason": "Too much.", "pulled_by": alice, "lifted_by": alice}
    for scope, named in (("user", {"user": alice}), ("token", {"api_token": token})):
        KillSwitch.objects.create(scope=scope, **named, **done, lifted_at=timezone.now())
