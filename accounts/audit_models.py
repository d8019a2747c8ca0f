"""The audit log: who did what to whom, and from where."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Now

from web.wording import moment


class Action(models.TextChoices):
    """What was done."""

    SIGNED_IN = "signed_in", "Signed in"
    SIGN_IN_FAILED = "sign_in_failed", "Sign-in failed"
    SIGNED_OUT = "signed_out", "Signed out"
    SESSION_ENDED = "session_ended", "Session ended"
    REAUTHENTICATED = "reauthenticated", "Confirmed who they are"
    PASSWORD_CHANGED = "password_changed", "Password changed"
    PASSWORD_RESET = "password_reset", "Password reset"
    EMAIL_VERIFIED = "email_verified", "Email verified"
    MFA_ADDED = "mfa_added", "Second factor added"
    MFA_REMOVED = "mfa_removed", "Second factor removed"
    RECOVERY_CODES_MADE = "recovery_codes_made", "Recovery codes made"
    TOKEN_CREATED = "token_created", "API token created"
    TOKEN_ROTATED = "token_rotated", "API token got a new key"
    TOKEN_REVOKED = "token_revoked", "API token revoked"
    TOKEN_TRUSTED = "token_trusted", "API token may speak for users, or no longer"
    TOKEN_PAUSED = "token_paused", "API token paused for its spend"
    TOKEN_RESUMED = "token_resumed", "API token resumed"
    WEBHOOK_CREATED = "webhook_created", "Webhook set up"
    WEBHOOK_CHANGED = "webhook_changed", "Webhook changed"
    WEBHOOK_DELETED = "webhook_deleted", "Webhook deleted"
    WEBHOOK_SECRET_ROTATED = "webhook_secret_rotated", "Webhook got a new secret"
    ALERTS_CHANGED = "alerts_changed", "What alerts are told, and how, changed"
    USER_CREATED = "user_created", "User created"
    USER_CHANGED = "user_changed", "User’s address, rights or limits changed"
    USER_DELETED = "user_deleted", "User deleted"
    DATA_DOWNLOADED = "data_downloaded", "Data of users downloaded"
    BUDGET_CREATED = "budget_created", "Budget set"
    BUDGET_CHANGED = "budget_changed", "Budget changed"
    BUDGET_RAISED = "budget_raised", "Budget raised for its present period"
    BUDGET_RAISE_ENDED = "budget_raise_ended", "Raise of a budget ended"
    BUDGET_DELETED = "budget_deleted", "Budget deleted"
    PRICE_CREATED = "price_created", "Price set"
    PRICE_CHANGED = "price_changed", "Price changed"
    PRICE_DELETED = "price_deleted", "Price deleted"
    INTAKE_PAUSED = "intake_paused", "New runs paused"
    INTAKE_RESUMED = "intake_resumed", "New runs taken in again"
    RUNS_CANCELLED = "runs_cancelled", "A user’s runs cancelled"
    RUN_FUNDED = "run_funded", "A run’s limit raised"
    RUN_SHARED = "run_shared", "Link to a run made"
    RUN_UNSHARED = "run_unshared", "Link to a run revoked"
    DOUBT_RESOLVED = "doubt_resolved", "Doubt about money resolved"
    BILL_COMPARED = "bill_compared", "A provider’s bill compared with the ledger"
    BREAKER_RESET = "breaker_reset", "A model called again at once"
    KILL_SWITCH_PULLED = "kill_switch_pulled", "Kill switch pulled"
    KILL_SWITCH_LIFTED = "kill_switch_lifted", "Kill switch lifted"
    ADMIN_CHANGE = "admin_change", "Changed in the admin"


class Via(models.TextChoices):
    """How it was asked for."""

    BROWSER = "browser", "browser"
    TOKEN = "token", "API token"
    JWT = "jwt", "JWT"
    COMMAND = "command", "command line"
    SITE = "site", "the site itself"


class AuditEntry(models.Model):
    """One act. Rows are never changed or deleted: a trigger refuses it.

    People are kept by their ids alone, without foreign keys: an entry outlives its user, and a
    deleted user's address is in none of them.
    """

    at = models.DateTimeField(db_default=Now())
    action = models.CharField(max_length=40, help_text="One of `Action`")
    actor_id = models.BigIntegerField(null=True, help_text="Who did it; null: nobody signed in")
    user_id = models.BigIntegerField(null=True, help_text="Whose account it is about")
    token_id = models.UUIDField(null=True, help_text="The API token that the request came with")
    via = models.CharField(max_length=10, choices=Via.choices)
    address = models.GenericIPAddressField(null=True)
    device = models.CharField(max_length=200, blank=True, help_text="What the browser said it is")
    about = models.CharField(max_length=40, blank=True, help_text="The kind of thing")
    about_id = models.CharField(max_length=64, blank=True)
    before = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    after = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["user_id", "-id"], name="audit_user"),
            models.Index(fields=["actor_id", "-id"], name="audit_actor"),
            models.Index(fields=["action", "-id"], name="audit_action"),
        ]

    def __str__(self) -> str:
        return f"{self.label}, {moment(self.at)}"

    @property
    def label(self) -> str:
        """What was done, in words; the code itself where a later release wrote it."""
        return str(Action(self.action).label) if self.action in Action.values else self.action
