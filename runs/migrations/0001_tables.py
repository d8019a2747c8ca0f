import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import web.ids


class Migration(migrations.Migration):
    initial = True

    # Databases that have these have all that is here.
    replaces = [
        ("runs", "0001_initial"),
        ("runs", "0002_functions"),
        ("runs", "0003_indexes"),
        ("runs", "0004_functions"),
    ]

    dependencies = [
        ("accounts", "0002_token_revoked_at"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Worker",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=web.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("capacity", models.PositiveIntegerField()),
                (
                    "started_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "seen_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("expires_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["-started_at"],
            },
        ),
        migrations.CreateModel(
            name="Run",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=web.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("task", models.TextField()),
                (
                    "task_size",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Func(
                            "task",
                            template="length(ltrim(octet_length(%(expressions)s)::bit(32)::text, '0'))",
                        ),
                        help_text="The binary digits of the task's number of bytes: runs alike in size",
                        output_field=models.SmallIntegerField(),
                    ),
                ),
                ("pattern", models.CharField(max_length=40)),
                ("params", models.JSONField(default=dict)),
                ("tools", models.JSONField(default=list)),
                ("model", models.CharField(max_length=200)),
                ("chosen_model", models.CharField(max_length=200)),
                ("routing_reason", models.CharField(blank=True, max_length=300)),
                ("provider", models.CharField(max_length=40)),
                ("simulated", models.BooleanField()),
                ("config", models.JSONField(default=dict)),
                ("metadata", models.JSONField(default=dict)),
                (
                    "max_cost_usd",
                    models.DecimalField(blank=True, decimal_places=12, max_digits=20, null=True),
                ),
                ("idempotency_key", models.CharField(max_length=255, null=True)),
                ("request_hash", models.CharField(blank=True, max_length=64)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("cancelling", "Cancelling"),
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("epoch", models.PositiveIntegerField(db_default=0)),
                ("attempt", models.PositiveSmallIntegerField(db_default=1)),
                ("last_seq", models.PositiveIntegerField(db_default=0)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("deadline_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("answer", models.TextField(null=True)),
                (
                    "answer_kind",
                    models.CharField(
                        choices=[
                            ("final", "Final"),
                            ("best_effort", "Best effort"),
                            ("partial", "Partial"),
                            ("none", "None"),
                        ],
                        db_default="none",
                        max_length=12,
                    ),
                ),
                ("stop_reason", models.CharField(blank=True, db_default="", max_length=40)),
                ("error", models.JSONField(null=True)),
                ("sources", models.JSONField(default=list)),
                ("warnings", models.JSONField(default=list)),
                ("input_tokens", models.BigIntegerField(db_default=0)),
                ("cached_input_tokens", models.BigIntegerField(db_default=0)),
                ("output_tokens", models.BigIntegerField(db_default=0)),
                ("reasoning_tokens", models.BigIntegerField(db_default=0)),
                ("llm_calls", models.PositiveIntegerField(db_default=0)),
                ("tool_calls", models.PositiveIntegerField(db_default=0)),
                ("cost_usd", models.DecimalField(db_default=0, decimal_places=12, max_digits=20)),
                ("held_usd", models.DecimalField(db_default=0, decimal_places=12, max_digits=20)),
                (
                    "needs_usd",
                    models.DecimalField(
                        decimal_places=12,
                        help_text="A queued run waits until this much of its budgets is free",
                        max_digits=20,
                        null=True,
                    ),
                ),
                (
                    "estimated_usd",
                    models.DecimalField(db_default=0, decimal_places=12, max_digits=20),
                ),
                (
                    "in_doubt_usd",
                    models.DecimalField(db_default=0, decimal_places=12, max_digits=20),
                ),
                ("saved_usd", models.DecimalField(db_default=0, decimal_places=12, max_digits=20)),
                (
                    "api_token",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="accounts.apitoken",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "worker",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="runs",
                        to="runs.worker",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="RunEvent",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "run_id",
                        "seq",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("seq", models.PositiveIntegerField()),
                ("type", models.CharField(max_length=30)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("data", models.JSONField(default=dict)),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="runs.run",
                    ),
                ),
            ],
            options={
                "ordering": ["seq"],
            },
        ),
        migrations.CreateModel(
            name="Step",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=200)),
                ("attempt", models.PositiveSmallIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("llm", "LLM call"), ("tool", "Tool call")], max_length=4
                    ),
                ),
                ("label", models.CharField(max_length=200)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("started", "Started"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                            ("in_doubt", "In doubt"),
                        ],
                        max_length=10,
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
                ("request", models.JSONField(default=dict)),
                ("response", models.JSONField(null=True)),
                ("error", models.JSONField(null=True)),
                ("hold_id", models.BigIntegerField(null=True)),
                ("input_tokens", models.BigIntegerField(db_default=0)),
                ("cached_input_tokens", models.BigIntegerField(db_default=0)),
                ("output_tokens", models.BigIntegerField(db_default=0)),
                ("reasoning_tokens", models.BigIntegerField(db_default=0)),
                ("cost_usd", models.DecimalField(db_default=0, decimal_places=12, max_digits=20)),
                (
                    "confidence",
                    models.CharField(
                        choices=[
                            ("exact", "exact"),
                            ("estimated", "estimated"),
                            ("in_doubt", "in doubt"),
                        ],
                        db_default="exact",
                        max_length=10,
                    ),
                ),
                ("replayed", models.BooleanField(db_default=False)),
                (
                    "started_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("finished_at", models.DateTimeField(null=True)),
                ("duration_ms", models.PositiveBigIntegerField(null=True)),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="steps",
                        to="runs.run",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(fields=("run", "key", "attempt"), name="step_unique")
                ],
            },
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["owner", "-id"], name="run_owner_newest"),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                fields=["owner", "created_at"],
                include=("simulated", "chosen_model", "pattern", "saved_usd"),
                name="run_owner_submitted",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["owner", "-cost_usd", "-id"], name="run_owner_dearest"),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("status", "queued")), fields=["id"], name="run_queue"
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("needs_usd", None), ("status", "queued")),
                fields=["owner", "id"],
                name="run_ready",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("needs_usd__isnull", False), ("status", "queued")),
                fields=["id"],
                name="run_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("status__in", frozenset(["cancelling", "running"]))),
                fields=["worker"],
                name="run_executing",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", False), ("started_at__isnull", False)),
                fields=["finished_at"],
                name="run_executed",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("llm_calls__gt", 0), ("status__in", ["succeeded", "failed"])),
                fields=["pattern", "chosen_model", "simulated", "task_size", "-finished_at"],
                include=("cost_usd", "llm_calls"),
                name="run_history",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.UniqueConstraint(
                condition=models.Q(("idempotency_key__isnull", False)),
                fields=("owner", "idempotency_key"),
                name="run_idempotency",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("cost_usd__gte", 0),
                    ("estimated_usd__gte", 0),
                    ("held_usd__gte", 0),
                    ("in_doubt_usd__gte", 0),
                ),
                name="run_money_not_negative",
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
                        ("status__in", frozenset(["cancelling", "queued", "running"])),
                    ),
                    _connector="OR",
                ),
                name="run_finished_at_with_end",
            ),
        ),
    ]
