"""Each user's spend a day is summed up as calls are charged, so that pages read few rows."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# What a daily sum was is taken away, what it is now is added.
TALLY = """
CREATE FUNCTION billing_tally_spend() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO billing_spendtally (owner_id, day, simulated, amount, runs, calls, folded)
    SELECT owner_id, day, simulated, sum(amount), sum(runs), sum(calls), false
    FROM (VALUES
        (OLD.owner_id, OLD.day, OLD.simulated, -OLD.amount, -OLD.runs, -OLD.calls),
        (NEW.owner_id, NEW.day, NEW.simulated, NEW.amount, NEW.runs, NEW.calls)
    ) AS change (owner_id, day, simulated, amount, runs, calls)
    WHERE owner_id IS NOT NULL
    GROUP BY owner_id, day, simulated;
    RETURN NULL;
END $$
"""
TRIGGER = """
CREATE TRIGGER tallied AFTER INSERT OR UPDATE OR DELETE ON billing_usagerollup
FOR EACH ROW EXECUTE FUNCTION billing_tally_spend()
"""
# The trigger keeps other writers out until this transaction ends.
EARLIER = """
INSERT INTO billing_spendtally (owner_id, day, simulated, amount, runs, calls, folded)
SELECT owner_id, day, simulated, sum(amount), sum(runs), sum(calls), true
FROM billing_usagerollup GROUP BY 1, 2, 3
"""


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0011_sql_6"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SpendTally",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
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
                ("day", models.DateField()),
                ("simulated", models.BooleanField()),
                ("amount", models.DecimalField(decimal_places=12, max_digits=20)),
                ("runs", models.BigIntegerField(help_text="Runs whose first charge is here")),
                ("calls", models.BigIntegerField()),
                ("folded", models.BooleanField(default=False)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["day", "owner"], name="spendtally_day"),
                    models.Index(
                        fields=["id"],
                        name="spendtally_fresh",
                        condition=models.Q(("folded", False)),
                    ),
                ]
            },
        ),
        migrations.RunSQL(TALLY, "DROP FUNCTION billing_tally_spend"),
        migrations.RunSQL(TRIGGER, "DROP TRIGGER tallied ON billing_usagerollup"),
        migrations.RunSQL(EARLIER, migrations.RunSQL.noop),
    ]
