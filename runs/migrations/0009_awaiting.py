"""Runs may wait for a person: for more money, or for a tool call to be approved."""

from django.conf import settings
from django.db import migrations, models

DROP = "DROP TRIGGER status_follows_states ON runs_run"
# The type of a column can't change while a trigger looks at it.
OLD_TRIGGER = """
CREATE TRIGGER status_follows_states BEFORE UPDATE OF status ON runs_run FOR EACH ROW
WHEN (OLD.status <> NEW.status AND (OLD.status, NEW.status) NOT IN (
    ('queued', 'cancelled'), ('queued', 'failed'), ('queued', 'running'),
    ('running', 'cancelling'), ('running', 'failed'), ('running', 'queued'),
    ('running', 'succeeded'), ('cancelling', 'cancelled')
)) EXECUTE FUNCTION runs_refuse_status()
"""
TRIGGER = """
CREATE TRIGGER status_follows_states BEFORE UPDATE OF status ON runs_run FOR EACH ROW
WHEN (OLD.status <> NEW.status AND (OLD.status, NEW.status) NOT IN (
    ('queued', 'awaiting_funds'), ('queued', 'cancelled'), ('queued', 'failed'),
    ('queued', 'running'),
    ('running', 'awaiting_approval'), ('running', 'awaiting_funds'), ('running', 'cancelling'),
    ('running', 'failed'), ('running', 'queued'), ('running', 'succeeded'),
    ('awaiting_funds', 'cancelled'), ('awaiting_funds', 'failed'), ('awaiting_funds', 'queued'),
    ('awaiting_approval', 'cancelled'), ('awaiting_approval', 'failed'),
    ('awaiting_approval', 'queued'),
    ('cancelling', 'cancelled')
)) EXECUTE FUNCTION runs_refuse_status()
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_address_is_normal"),
        ("runs", "0008_routing"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(DROP, OLD_TRIGGER),
        migrations.RemoveConstraint(
            model_name="run",
            name="run_finished_at_with_end",
        ),
        migrations.AddField(
            model_name="run",
            name="awaiting",
            field=models.JSONField(
                help_text="What a person is asked for, while the run waits for that", null=True
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="awaiting_since",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="run",
            name="concludes_by",
            field=models.DateTimeField(
                help_text="Past its deadline in the queue: until when it may still conclude",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="partial",
            field=models.TextField(
                help_text="What it had when it began to wait: its answer, if it ends there",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="when_out_of_money",
            field=models.CharField(
                choices=[("conclude", "Answer from what it has"), ("ask", "Ask me for more")],
                db_default="conclude",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="step",
            name="decision",
            field=models.JSONField(
                help_text="What the owner said of a tool call that has to be approved", null=True
            ),
        ),
        migrations.AlterField(
            model_name="run",
            name="needs_usd",
            field=models.DecimalField(
                decimal_places=12,
                help_text="A run that waits for money waits for this much of its budgets",
                max_digits=20,
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="run",
            name="status",
            field=models.CharField(
                choices=[
                    ("queued", "Queued"),
                    ("running", "Running"),
                    ("awaiting_funds", "Needs money"),
                    ("awaiting_approval", "Needs approval"),
                    ("cancelling", "Cancelling"),
                    ("succeeded", "Succeeded"),
                    ("failed", "Failed"),
                    ("cancelled", "Cancelled"),
                ],
                default="queued",
                max_length=17,
            ),
        ),
        migrations.AlterField(
            model_name="step",
            name="status",
            field=models.CharField(
                choices=[
                    ("asked", "Waits for approval"),
                    ("started", "Started"),
                    ("done", "Done"),
                    ("failed", "Failed"),
                    ("cancelled", "Cancelled"),
                    ("in_doubt", "In doubt"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(
                    ("status__in", frozenset(["awaiting_approval", "awaiting_funds"]))
                ),
                fields=["owner", "id"],
                name="run_awaiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("finished_at__isnull", False),
                        ("status__in", frozenset(["cancelled", "failed", "succeeded"])),
                    ),
                    models.Q(
                        ("finished_at", None),
                        (
                            "status__in",
                            frozenset(
                                [
                                    "awaiting_approval",
                                    "awaiting_funds",
                                    "cancelling",
                                    "queued",
                                    "running",
                                ]
                            ),
                        ),
                    ),
                    _connector="OR",
                ),
                name="run_finished_at_with_end",
            ),
        ),
        migrations.RunSQL(TRIGGER, DROP),
    ]
