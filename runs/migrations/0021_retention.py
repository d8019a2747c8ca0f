"""What was deleted of a run by age, how far that has come, and the index that finds the oldest."""

import django.db.models.functions.datetime
from django.db import migrations, models

# Deletion by age leaves a few percent dead at a time: they are cleaned up as they come.
VACUUM_SOONER = "ALTER TABLE {} SET (autovacuum_vacuum_scale_factor = 0.02)"
VACUUM_AS_USUAL = "ALTER TABLE {} RESET (autovacuum_vacuum_scale_factor)"


def vacuumed_sooner(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(VACUUM_SOONER.format(table), VACUUM_AS_USUAL.format(table))


class Migration(migrations.Migration):
    dependencies = [("runs", "0020_kill_switch")]

    operations = [
        migrations.CreateModel(
            name="RetentionMark",
            fields=[
                ("kind", models.CharField(max_length=20, primary_key=True, serialize=False)),
                (
                    "ended_at",
                    models.DateTimeField(
                        help_text="The end of the last run that was done", null=True
                    ),
                ),
                (
                    "run_id",
                    models.UUIDField(
                        help_text="That run: several can end at the same moment", null=True
                    ),
                ),
                (
                    "rows",
                    models.BigIntegerField(db_default=0, help_text="Deleted or emptied so far"),
                ),
                (
                    "changed_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
            options={"ordering": ["kind"]},
        ),
        migrations.AddField(
            model_name="run",
            name="deleted_details",
            field=models.JSONField(
                db_default=models.Value({}, output_field=models.JSONField()),
                default=dict,
                help_text="The days after its end after which details were deleted, by kind",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", False)),
                fields=["finished_at", "id"],
                name="run_ended",
            ),
        ),
        vacuumed_sooner("runs_runevent"),
        vacuumed_sooner("runs_step"),
    ]
