from pathlib import Path

from django.db import migrations

from billing.sql import create_functions

SQL = Path(__file__).parents[1] / "sql"


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]
    operations = create_functions(
        SQL,
        "budget_lock_v1",
        "midnight_v1",
        "window_start_v1",
        "window_end_v1",
        "windows_v1",
        "room_v1",
        "soon_v1",
        "refusal_v1",
        "others_wait_v1",
        "hold_v1",
        "charge_v1",
        "ring_v1",
        "settle_v1",
        "keep_doubt_v1",
        "release_v1",
        "backfill_v1",
        "ledger_is_append_only",
    )
