from pathlib import Path

from django.db import migrations

from billing.sql import create_functions

SQL = Path(__file__).parents[1] / "sql"
COPY_HARD = """
    UPDATE billing_budgetwindow w SET hard = b.hard
    FROM billing_budget b WHERE b.id = w.budget_id AND NOT b.hard
"""
SUM_RUNS = """
    INSERT INTO billing_runrollup (run_id, owner_id, pattern, simulated, day, amount)
    SELECT run_id, owner_id, pattern, simulated,
        min((held_at AT TIME ZONE 'UTC')::date), sum(amount)
    FROM billing_ledgerentry GROUP BY 1, 2, 3, 4
"""
COUNT_RUNS = """
    UPDATE billing_usagerollup u SET runs = f.runs
    FROM (
        SELECT (held_at AT TIME ZONE 'UTC')::date AS day, owner_id, model, pattern, simulated,
            count(*) AS runs
        FROM billing_ledgerentry
        WHERE id IN (SELECT min(id) FROM billing_ledgerentry GROUP BY run_id)
        GROUP BY 1, 2, 3, 4, 5
    ) f
    WHERE (u.day, u.owner_id, u.model, u.pattern, u.simulated)
        = (f.day, f.owner_id, f.model, f.pattern, f.simulated)
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0003_run_rollups_and_safety")]
    operations = [
        # No money moves meanwhile.
        migrations.RunSQL("SELECT pg_advisory_xact_lock(billing_budget_lock_v1())"),
        migrations.RunSQL(COPY_HARD),
        migrations.RunSQL(SUM_RUNS),
        migrations.RunSQL(COUNT_RUNS),
        *create_functions(SQL),
    ]
