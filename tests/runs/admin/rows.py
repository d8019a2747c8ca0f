"""A row of every model that has pages in the admin."""

from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group
from django.db import models
from django.utils import timezone

from accounts.audit_models import AuditEntry
from accounts.models import ApiToken, User
from billing.models import (
    Audit,
    Budget,
    BudgetWindow,
    Hold,
    LedgerEntry,
    ModelPrice,
    ModelSafety,
    Reconciliation,
    UsageRollup,
)
from billing.services import record_audit
from runs.alert_models import Alert, AlertNotice, Kind, MailStatus
from runs.models import (
    Customer,
    DialectRule,
    ForbiddenTool,
    IntakeChange,
    KillSwitch,
    McpServer,
    PromptSet,
    Run,
    Step,
    Worker,
)
from runs.webhook_models import EventType, InternalReceiver, Webhook, WebhookDelivery
from tests import journal
from tests.factories import RunFactory, set_budget
from tests.runs.prompts.sets import prompt_set

Rows = dict[type[models.Model], Any]


def one_of_each(owner: User, staff: User) -> Rows:
    """What a site that is used has; the rows by their models."""
    now = timezone.now()
    budget = set_budget()
    run = journal.succeed(RunFactory.create(owner=owner))
    record_audit()
    token, _ = ApiToken.objects.issue(user=owner, name="CI")
    Group.objects.create(name="Support")
    ModelPrice.objects.create(model="house-model", input_price=Decimal(1), output_price=Decimal(2))
    ModelSafety.objects.create(provider="openai", model="greedy", factor=2, ignores_cap=True)
    Reconciliation.objects.create(
        by=staff, provider="openai", source="file", name="may.csv", state="agrees"
    )
    Customer.objects.create(name="acme")
    DialectRule.objects.create(endpoint="openai", model="o1", rule="no_stop", words="No stop.")
    ForbiddenTool.objects.create(name="web_search", reason="Not yet.")
    IntakeChange.objects.create(paused=False, reason="", by=staff)
    KillSwitch.objects.create(
        scope="token", api_token=token, reason="Spends too fast.", pulled_by=staff, lifted_at=now
    )
    McpServer.objects.create(key="w", label="Weather", url="https://mcp.example.org/mcp")
    prompt_set(owner)
    webhook = Webhook.objects.create(
        owner=owner,
        url="https://hooks.example.org/x",
        origin="https://hooks.example.org",
        events=[EventType.RUN_FINISHED],
        secret="sealed",
    )
    WebhookDelivery.objects.create(webhook=webhook, type=EventType.RUN_FINISHED, data={"run": "x"})
    InternalReceiver.objects.create(origin="http://ci.example.internal:8080")
    gone = {"name": "w-1", "seen_at": now.isoformat(), "expires_at": now.isoformat()}
    alert = Alert.objects.create(kind=Kind.WORKER, subject="w-1", starts_at=now, data=gone)
    AlertNotice.objects.create(alert=alert, recipient=staff, mail=MailStatus.SENT, mailed_at=now)
    found: Rows = {User: owner, Run: run, ApiToken: token, Budget: budget}
    written: tuple[type[models.Model], ...] = (
        *(Audit, BudgetWindow, Hold, LedgerEntry, UsageRollup, Step, Worker, AuditEntry),
    )
    for model in written:
        found[model] = model._default_manager.all()[0]
    made: tuple[type[models.Model], ...] = (
        *(Group, ModelPrice, ModelSafety, Reconciliation, Customer, DialectRule, ForbiddenTool),
        *(IntakeChange, KillSwitch, McpServer, PromptSet, Webhook, WebhookDelivery),
        *(InternalReceiver, Alert, AlertNotice),
    )
    for model in made:
        found[model] = model._default_manager.get()
    return found
