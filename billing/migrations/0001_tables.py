from decimal import Decimal

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import web.ids

# Corrections are reversing rows; no row is ever changed or taken away.
APPEND_ONLY = """
    CREATE FUNCTION billing_ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the ledger is append-only: write a reversing row'
            USING ERRCODE = 'integrity_constraint_violation';
    END $$;

    CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE ON billing_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION billing_ledger_is_append_only();
"""


class Migration(migrations.Migration):
    initial = True

    # Databases that have these have all that is here.
    replaces = [
        ("billing", "0001_initial"),
        ("billing", "0002_functions"),
        ("billing", "0003_run_rollups_and_safety"),
        ("billing", "0004_sums_of_runs"),
    ]

    dependencies = [
        ("accounts", "0002_token_revoked_at"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Audit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("lines", models.BigIntegerField(help_text="Ledger lines that were compared")),
                ("differences", models.JSONField(default=list)),
            ],
            options={
                "ordering": ["-id"],
                "get_latest_by": "id",
            },
        ),
        migrations.CreateModel(
            name="Budget",
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
                (
                    "scope",
                    models.CharField(
                        choices=[("site", "Site"), ("user", "User"), ("token", "API token")],
                        max_length=5,
                    ),
                ),
                (
                    "period",
                    models.CharField(
                        choices=[("day", "Day"), ("month", "Month"), ("total", "Total")],
                        max_length=5,
                    ),
                ),
                ("timezone", models.CharField(default="UTC", max_length=64)),
                ("hard", models.BooleanField(default=True)),
                ("limit_usd", models.DecimalField(decimal_places=12, max_digits=20)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "api_token",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="budgets",
                        to="accounts.apitoken",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="budgets",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["scope", "id"],
            },
        ),
        migrations.CreateModel(
            name="BudgetWindow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("simulated", models.BooleanField()),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(null=True)),
                ("hard", models.BooleanField(db_default=True)),
                ("limit_usd", models.DecimalField(decimal_places=12, max_digits=20)),
                (
                    "settled_usd",
                    models.DecimalField(db_default=0, decimal_places=12, max_digits=20),
                ),
                ("held_usd", models.DecimalField(db_default=0, decimal_places=12, max_digits=20)),
                (
                    "overrun_usd",
                    models.DecimalField(db_default=0, decimal_places=12, max_digits=20),
                ),
                (
                    "budget",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="windows",
                        to="billing.budget",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Hold",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("api_token_id", models.UUIDField(null=True)),
                ("run_id", models.UUIDField()),
                ("step_key", models.CharField(max_length=200)),
                ("attempt", models.PositiveSmallIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("call", "call"), ("closing", "closing")],
                        db_default="call",
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("held", "held"),
                            ("dispatched", "dispatched"),
                            ("settled", "settled"),
                            ("released", "released"),
                            ("in_doubt", "in doubt"),
                        ],
                        max_length=10,
                    ),
                ),
                ("amount", models.DecimalField(decimal_places=12, max_digits=20)),
                ("max_input_tokens", models.PositiveBigIntegerField()),
                ("max_output_tokens", models.PositiveBigIntegerField()),
                ("pattern", models.CharField(max_length=40)),
                ("model", models.CharField(max_length=200)),
                ("provider", models.CharField(max_length=40)),
                ("simulated", models.BooleanField()),
                ("input_price", models.DecimalField(decimal_places=6, max_digits=14)),
                ("output_price", models.DecimalField(decimal_places=6, max_digits=14)),
                ("price_source", models.CharField(max_length=100)),
                (
                    "window_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), db_default=[], size=None
                    ),
                ),
                (
                    "held_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LedgerEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("api_token_id", models.UUIDField(null=True)),
                ("run_id", models.UUIDField()),
                ("step_key", models.CharField(max_length=200)),
                ("attempt", models.PositiveSmallIntegerField()),
                ("pattern", models.CharField(max_length=40)),
                ("model", models.CharField(max_length=200)),
                ("provider", models.CharField(max_length=40)),
                ("simulated", models.BooleanField()),
                ("fresh_input_tokens", models.BigIntegerField()),
                ("cached_input_tokens", models.BigIntegerField()),
                ("output_tokens", models.BigIntegerField()),
                ("reasoning_tokens", models.BigIntegerField()),
                ("input_price", models.DecimalField(decimal_places=6, max_digits=14)),
                ("cached_input_price", models.DecimalField(decimal_places=6, max_digits=14)),
                ("output_price", models.DecimalField(decimal_places=6, max_digits=14)),
                ("price_source", models.CharField(max_length=100)),
                ("amount", models.DecimalField(decimal_places=12, max_digits=20)),
                (
                    "confidence",
                    models.CharField(
                        choices=[
                            ("exact", "exact"),
                            ("estimated", "estimated"),
                            ("in_doubt", "in doubt"),
                        ],
                        max_length=10,
                    ),
                ),
                ("held_at", models.DateTimeField()),
                (
                    "charged_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "hold",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ledger_entries",
                        to="billing.hold",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "reverses",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversed_by",
                        to="billing.ledgerentry",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "ledger entries",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="ModelPrice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("model", models.CharField(max_length=200)),
                (
                    "input_price",
                    models.DecimalField(
                        decimal_places=6,
                        help_text="US dollars per million fresh input tokens",
                        max_digits=14,
                    ),
                ),
                (
                    "cached_input_price",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        help_text="Empty: as fresh input",
                        max_digits=14,
                        null=True,
                    ),
                ),
                (
                    "output_price",
                    models.DecimalField(
                        decimal_places=6,
                        help_text="US dollars per million output tokens",
                        max_digits=14,
                    ),
                ),
                (
                    "effective_from",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
            options={
                "ordering": ["model", "-effective_from"],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("model"), models.F("effective_from"), name="modelprice_unique"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("input_price__gte", 0),
                            ("output_price__gte", 0),
                            models.Q(
                                ("cached_input_price__gte", 0),
                                ("cached_input_price", None),
                                _connector="OR",
                            ),
                        ),
                        name="modelprice_not_negative",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ModelSafety",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("provider", models.CharField(max_length=40)),
                ("model", models.CharField(max_length=200)),
                (
                    "factor",
                    models.DecimalField(
                        db_default=1,
                        decimal_places=4,
                        help_text="The bound of a call's input tokens is multiplied by this",
                        max_digits=8,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(100),
                        ],
                    ),
                ),
                (
                    "ignores_cap",
                    models.BooleanField(
                        db_default=False,
                        help_text="It wrote far more than it was allowed to: not called under a hard limit",
                    ),
                ),
                ("overruns", models.PositiveIntegerField(db_default=0)),
                (
                    "last_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
            options={
                "verbose_name_plural": "model safety",
                "ordering": ["provider", "model"],
                "constraints": [
                    models.UniqueConstraint(fields=("provider", "model"), name="safety_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("factor__gte", 1), ("factor__lte", 100)),
                        name="safety_in_range",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RunRollup",
            fields=[
                ("run_id", models.UUIDField(primary_key=True, serialize=False)),
                ("pattern", models.CharField(max_length=40)),
                ("simulated", models.BooleanField()),
                ("day", models.DateField()),
                ("amount", models.DecimalField(decimal_places=12, max_digits=20)),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="UsageRollup",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("model", models.CharField(max_length=200)),
                ("pattern", models.CharField(max_length=40)),
                ("simulated", models.BooleanField()),
                ("amount", models.DecimalField(decimal_places=12, max_digits=20)),
                (
                    "runs",
                    models.BigIntegerField(
                        db_default=0, help_text="Runs whose first charge is here"
                    ),
                ),
                ("calls", models.BigIntegerField()),
                ("fresh_input_tokens", models.BigIntegerField()),
                ("cached_input_tokens", models.BigIntegerField()),
                ("output_tokens", models.BigIntegerField()),
                ("reasoning_tokens", models.BigIntegerField()),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.CheckConstraint(
                condition=models.Q(("limit_usd__gte", 0)), name="budget_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("api_token", None), ("scope", "site"), ("user", None)),
                    models.Q(("api_token", None), ("scope", "user"), ("user__isnull", False)),
                    models.Q(("api_token__isnull", False), ("scope", "token"), ("user", None)),
                    _connector="OR",
                ),
                name="budget_scope_names_its_owner",
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetwindow",
            constraint=models.UniqueConstraint(
                fields=("budget", "simulated", "starts_at"), name="window_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetwindow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("held_usd__gte", 0), ("overrun_usd__gte", 0), ("settled_usd__gte", 0)
                ),
                name="window_not_negative",
            ),
        ),
        migrations.AddIndex(
            model_name="hold",
            index=models.Index(
                condition=models.Q(("state__in", ["waiting", "held", "dispatched", "in_doubt"])),
                fields=["run_id"],
                name="hold_open",
            ),
        ),
        migrations.AddIndex(
            model_name="hold",
            index=models.Index(
                condition=models.Q(("state__in", ["waiting", "dispatched"])),
                fields=["state"],
                name="hold_in_flight",
            ),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.UniqueConstraint(
                fields=("run_id", "step_key", "attempt"), name="hold_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0)), name="hold_not_negative"
            ),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(fields=["run_id"], name="ledger_run"),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(fields=["owner", "held_at"], name="ledger_owner_held"),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["held_at"], name="ledger_held"
            ),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(
                condition=models.Q(("api_token_id__isnull", False)),
                fields=["api_token_id", "held_at"],
                include=("simulated", "amount"),
                name="ledger_token_held",
            ),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(
                condition=models.Q(("confidence", "in_doubt")),
                fields=["run_id"],
                name="ledger_in_doubt",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("amount__gte", 0), ("reverses", None)),
                    models.Q(("amount__lte", 0), ("reverses__isnull", False)),
                    _connector="OR",
                ),
                name="ledger_only_reversals_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "amount",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("fresh_input_tokens"), "*", models.F("input_price")
                                    ),
                                    "+",
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("cached_input_tokens"),
                                        "*",
                                        models.F("cached_input_price"),
                                    ),
                                ),
                                "+",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("output_tokens"), "*", models.F("output_price")
                                ),
                            ),
                            "*",
                            models.Value(Decimal("0.000001")),
                        ),
                    )
                ),
                name="ledger_amount_is_tokens_times_price",
            ),
        ),
        migrations.AddIndex(
            model_name="runrollup",
            index=models.Index(
                models.F("owner"),
                models.F("simulated"),
                models.F("day"),
                models.OrderBy(models.F("amount"), descending=True),
                name="runrollup_dearest",
            ),
        ),
        migrations.AddIndex(
            model_name="usagerollup",
            index=models.Index(fields=["day"], name="rollup_day"),
        ),
        migrations.AddConstraint(
            model_name="usagerollup",
            constraint=models.UniqueConstraint(
                fields=("owner", "day", "model", "pattern", "simulated"), name="rollup_unique"
            ),
        ),
        migrations.RunSQL(APPEND_ONLY),
    ]
