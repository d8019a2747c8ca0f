import django.db.models.deletion
from django.db import migrations, models

FORKED_FROM = """
ALTER TABLE runs_run ADD CONSTRAINT run_forked_from_exists FOREIGN KEY (forked_from_id)
    REFERENCES runs_run (id) ON DELETE SET NULL
"""


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0010_sql_4"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="run", name="run_history"),
        migrations.AddField(
            model_name="run",
            name="fork_step",
            field=models.CharField(
                db_default="",
                help_text="The key of the last step taken over; empty: none",
                max_length=200,
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="forked_from",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                help_text="The run whose finished steps this one took over",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="runs.run",
            ),
        ),
        migrations.AddField(
            model_name="step",
            name="taken_usd",
            field=models.DecimalField(
                decimal_places=12,
                help_text="What it cost the run from which it was taken over; null: this run's",
                max_digits=20,
                null=True,
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("forked_from__isnull", False)),
                fields=["forked_from"],
                name="run_forked_from",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(
                    ("fork_step", ""),
                    ("llm_calls__gt", 0),
                    ("status__in", ["succeeded", "failed"]),
                ),
                fields=["pattern", "chosen_model", "simulated", "task_size", "-finished_at"],
                include=("cost_usd", "llm_calls"),
                name="run_history",
            ),
        ),
        migrations.RunSQL(
            FORKED_FROM, "ALTER TABLE runs_run DROP CONSTRAINT run_forked_from_exists"
        ),
    ]
