"""Runs are counted as they end, and so is each lease that a worker loses."""

from django.db import migrations, models

COUNT = """
CREATE FUNCTION runs_count_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO runs_runtally (pattern, became, cache_hit, bucket, runs, seconds) VALUES (
        NEW.pattern, CASE WHEN NEW.finished_at IS NULL THEN 'lost' ELSE NEW.status END,
        NEW.cache_hit, runs_duration_bucket(coalesce(NEW.finished_at - NEW.created_at, '0')), 1,
        coalesce(extract(epoch FROM NEW.finished_at - NEW.created_at), 0)
    );
    RETURN NULL;
END $$
"""
BUCKET = """
CREATE FUNCTION runs_duration_bucket(p_lasted interval) RETURNS int LANGUAGE sql IMMUTABLE AS $$
    SELECT width_bucket(
        extract(epoch FROM p_lasted),
        ARRAY[0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600]
    )
$$
"""
SUBMITTED = """
CREATE TRIGGER counted_when_submitted AFTER INSERT ON runs_run FOR EACH ROW
WHEN (NEW.finished_at IS NOT NULL) EXECUTE FUNCTION runs_count_run()
"""
ENDED = """
CREATE TRIGGER counted_when_ended AFTER UPDATE OF finished_at ON runs_run FOR EACH ROW
WHEN (OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL) EXECUTE FUNCTION runs_count_run()
"""
LOST = """
CREATE TRIGGER counted_when_lost AFTER UPDATE OF attempt ON runs_run FOR EACH ROW
WHEN (NEW.attempt > OLD.attempt) EXECUTE FUNCTION runs_count_run()
"""
# The triggers keep other writers out until this transaction ends.
EARLIER = """
INSERT INTO runs_runtally (pattern, became, cache_hit, bucket, runs, seconds)
SELECT
    pattern, status, cache_hit, runs_duration_bucket(finished_at - created_at), count(*),
    sum(extract(epoch FROM finished_at - created_at))
FROM runs_run WHERE finished_at IS NOT NULL GROUP BY 1, 2, 3, 4
"""
CHOICES = [
    ("succeeded", "succeeded"),
    ("failed", "failed"),
    ("cancelled", "cancelled"),
    ("lost", "lost by its worker"),
]


class Migration(migrations.Migration):
    dependencies = [("runs", "0017_sql_5")]

    operations = [
        migrations.CreateModel(
            name="RunTally",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("pattern", models.CharField(max_length=40)),
                ("became", models.CharField(choices=CHOICES, max_length=9)),
                ("cache_hit", models.BooleanField()),
                (
                    "bucket",
                    models.PositiveSmallIntegerField(
                        help_text="How many of the bounds it has reached"
                    ),
                ),
                ("runs", models.BigIntegerField()),
                (
                    "seconds",
                    models.FloatField(help_text="From submit to end, of all of them"),
                ),
            ],
        ),
        migrations.RunSQL(BUCKET, "DROP FUNCTION runs_duration_bucket"),
        migrations.RunSQL(COUNT, "DROP FUNCTION runs_count_run"),
        migrations.RunSQL(SUBMITTED, "DROP TRIGGER counted_when_submitted ON runs_run"),
        migrations.RunSQL(ENDED, "DROP TRIGGER counted_when_ended ON runs_run"),
        migrations.RunSQL(LOST, "DROP TRIGGER counted_when_lost ON runs_run"),
        migrations.RunSQL(EARLIER, migrations.RunSQL.noop),
    ]
