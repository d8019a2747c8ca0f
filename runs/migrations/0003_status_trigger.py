"""Only the moves of `runs.states` are possible, in SQL too."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION runs_refuse_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a run may not go from % to %', OLD.status, NEW.status
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
TRIGGER = """
CREATE TRIGGER status_follows_states BEFORE UPDATE OF status ON runs_run FOR EACH ROW
WHEN (OLD.status <> NEW.status AND (OLD.status, NEW.status) NOT IN (
    ('queued', 'cancelled'), ('queued', 'failed'), ('queued', 'running'),
    ('running', 'cancelling'), ('running', 'failed'), ('running', 'queued'),
    ('running', 'succeeded'), ('cancelling', 'cancelled')
)) EXECUTE FUNCTION runs_refuse_status()
"""


class Migration(migrations.Migration):
    dependencies = [("runs", "0002_sql_1")]
    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION runs_refuse_status"),
        migrations.RunSQL(TRIGGER, "DROP TRIGGER status_follows_states ON runs_run"),
    ]
