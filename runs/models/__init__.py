"""Runs and what they keep, the workers that execute them, and what staff and users set for them."""

from runs.alert_models import (
    Alert,
    AlertLook,
    AlertNotice,
    AlertPreferences,
    SpendHour,
    TokenGuard,
)
from runs.forecast_models import ForecastRecord, MonthForecast, RunForecast
from runs.models.dialect import DialectRule
from runs.models.fields import WordedField
from runs.models.journal import RunEvent, Step
from runs.models.kill_switch import KillSwitch, StoppedCall, StoppedRun
from runs.models.owner_tally import OwnerTally
from runs.models.policy import Customer, IntakeChange
from runs.models.prompt_sets import PromptSet, PromptSetVersion
from runs.models.retention import RetentionMark
from runs.models.run import Run
from runs.models.share import RunShare
from runs.models.tally import RunTally
from runs.models.tools import ForbiddenTool, McpServer, McpTool
from runs.models.worker import Worker
from runs.webhook_models import InternalReceiver, Webhook, WebhookDelivery

__all__ = [
    "Alert",
    "AlertLook",
    "AlertNotice",
    "AlertPreferences",
    "Customer",
    "DialectRule",
    "ForbiddenTool",
    "ForecastRecord",
    "IntakeChange",
    "InternalReceiver",
    "KillSwitch",
    "McpServer",
    "McpTool",
    "MonthForecast",
    "OwnerTally",
    "PromptSet",
    "PromptSetVersion",
    "RetentionMark",
    "Run",
    "RunEvent",
    "RunForecast",
    "RunShare",
    "RunTally",
    "SpendHour",
    "Step",
    "StoppedCall",
    "StoppedRun",
    "TokenGuard",
    "Webhook",
    "WebhookDelivery",
    "WordedField",
    "Worker",
]
