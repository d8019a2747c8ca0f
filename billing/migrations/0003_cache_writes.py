"""Cache writes are a bucket of their own, and what is known of a model's cap is kept."""

from decimal import Decimal

import django.db.models.expressions
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0002_sql_1"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="ledgerentry",
            name="ledger_amount_is_tokens_times_price",
        ),
        migrations.RemoveConstraint(
            model_name="modelprice",
            name="modelprice_not_negative",
        ),
        migrations.AddField(
            model_name="ledgerentry",
            name="cache_write_price",
            field=models.DecimalField(db_default=0, decimal_places=6, max_digits=14),
        ),
        migrations.AddField(
            model_name="ledgerentry",
            name="cache_write_tokens",
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name="modelprice",
            name="cache_write_price",
            field=models.DecimalField(
                blank=True,
                decimal_places=6,
                help_text="Input that the provider stores in its cache. Empty: as fresh input",
                max_digits=14,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="modelsafety",
            name="keeps_cap",
            field=models.BooleanField(
                db_default=False,
                help_text="An answer ended by itself within its cap; until one has, a hard limit lets one call at a time find out",
            ),
        ),
        migrations.AddField(
            model_name="usagerollup",
            name="cache_write_tokens",
            field=models.BigIntegerField(db_default=0),
        ),
        # Old lines keep it, since they wrote nothing to a cache; the next migration looks at them
        # without keeping the workers of the last release from writing new ones.
        AddConstraintNotValid(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "amount",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("fresh_input_tokens"),
                                            "*",
                                            models.F("input_price"),
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
                                        models.F("cache_write_tokens"),
                                        "*",
                                        models.F("cache_write_price"),
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
        migrations.AddConstraint(
            model_name="modelprice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("input_price__gte", 0),
                    ("output_price__gte", 0),
                    models.Q(
                        ("cached_input_price__gte", 0),
                        ("cached_input_price", None),
                        _connector="OR",
                    ),
                    models.Q(
                        ("cache_write_price__gte", 0), ("cache_write_price", None), _connector="OR"
                    ),
                ),
                name="modelprice_not_negative",
            ),
        ),
    ]
