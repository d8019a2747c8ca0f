"""Each user's ended runs are summed up as they end, so that nobody has to count them later."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

COLUMNS = """
    owner_id, day, simulated, pattern, model, chosen_model, status,
    runs, cost_usd, saved_usd, routing_saved_usd, folded
"""
TALLY = f"""
CREATE FUNCTION runs_tally_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- What it was is taken away, what it is now is added.
    IF TG_OP <> 'INSERT' AND OLD.finished_at IS NOT NULL THEN
        INSERT INTO runs_ownertally ({COLUMNS}) VALUES (
            OLD.owner_id, (OLD.created_at AT TIME ZONE 'UTC')::date, OLD.simulated, OLD.pattern,
            OLD.model, OLD.chosen_model, OLD.status,
            -1, -OLD.cost_usd, -OLD.saved_usd, -coalesce(OLD.routing_saved_usd, 0), false
        );
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.finished_at IS NOT NULL THEN
        INSERT INTO runs_ownertally ({COLUMNS}) VALUES (
            NEW.owner_id, (NEW.created_at AT TIME ZONE 'UTC')::date, NEW.simulated, NEW.pattern,
            NEW.model, NEW.chosen_model, NEW.status,
            1, NEW.cost_usd, NEW.saved_usd, coalesce(NEW.routing_saved_usd, 0), false
        );
    END IF;
    RETURN NULL;
END $$
"""  # noqa: S608 - our own names
SUBMITTED = """
CREATE TRIGGER tallied_when_submitted AFTER INSERT ON runs_run FOR EACH ROW
WHEN (NEW.finished_at IS NOT NULL) EXECUTE FUNCTION runs_tally_owner()
"""
# As long as a run goes on, its changes cost nothing here.
CHANGED = """
CREATE TRIGGER tallied_when_changed AFTER UPDATE ON runs_run FOR EACH ROW
WHEN ((OLD.finished_at IS NOT NULL OR NEW.finished_at IS NOT NULL) AND (
    OLD.owner_id, OLD.created_at, OLD.simulated, OLD.pattern, OLD.model, OLD.chosen_model,
    OLD.status, OLD.finished_at, OLD.cost_usd, OLD.saved_usd, OLD.routing_saved_usd
) IS DISTINCT FROM (
    NEW.owner_id, NEW.created_at, NEW.simulated, NEW.pattern, NEW.model, NEW.chosen_model,
    NEW.status, NEW.finished_at, NEW.cost_usd, NEW.saved_usd, NEW.routing_saved_usd
)) EXECUTE FUNCTION runs_tally_owner()
"""
DELETED = """
CREATE TRIGGER tallied_when_deleted AFTER DELETE ON runs_run FOR EACH ROW
WHEN (OLD.finished_at IS NOT NULL) EXECUTE FUNCTION runs_tally_owner()
"""
# The triggers keep other writers out until this transaction ends.
EARLIER = f"""
INSERT INTO runs_ownertally ({COLUMNS})
SELECT
    owner_id, (created_at AT TIME ZONE 'UTC')::date, simulated, pattern, model, chosen_model,
    status, count(*), sum(cost_usd), sum(saved_usd), coalesce(sum(routing_saved_usd), 0), true
FROM runs_run WHERE finished_at IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7
"""  # noqa: S608 - our own names
SUM = {"max_digits": 40, "decimal_places": 12}


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0026_forecasts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OwnerTally",
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
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("day", models.DateField(help_text="Of the submit, in UTC")),
                ("simulated", models.BooleanField()),
                ("pattern", models.CharField(max_length=40)),
                ("model", models.CharField(help_text="The one asked for", max_length=200)),
                ("chosen_model", models.CharField(max_length=200)),
                ("status", models.CharField(max_length=17)),
                ("runs", models.BigIntegerField()),
                ("cost_usd", models.DecimalField(**SUM)),
                ("saved_usd", models.DecimalField(**SUM)),
                ("routing_saved_usd", models.DecimalField(**SUM)),
                ("folded", models.BooleanField(default=False)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["owner", "day"], name="ownertally_owner"),
                    models.Index(fields=["day"], name="ownertally_day"),
                    models.Index(
                        fields=["id"],
                        name="ownertally_fresh",
                        condition=models.Q(("folded", False)),
                    ),
                ]
            },
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                fields=["owner", "created_at"],
                name="run_unsuccessful",
                condition=models.Q(("status__in", frozenset(["cancelled", "failed"]))),
            ),
        ),
        migrations.RunSQL(TALLY, "DROP FUNCTION runs_tally_owner"),
        migrations.RunSQL(SUBMITTED, "DROP TRIGGER tallied_when_submitted ON runs_run"),
        migrations.RunSQL(CHANGED, "DROP TRIGGER tallied_when_changed ON runs_run"),
        migrations.RunSQL(DELETED, "DROP TRIGGER tallied_when_deleted ON runs_run"),
        migrations.RunSQL(EARLIER, migrations.RunSQL.noop),
    ]
