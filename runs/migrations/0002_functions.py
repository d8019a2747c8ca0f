from pathlib import Path

from django.db import migrations

from billing.sql import create_functions

SQL = Path(__file__).parents[1] / "sql"


class Migration(migrations.Migration):
    dependencies = [("runs", "0001_initial"), ("billing", "0002_functions")]
    operations = create_functions(
        SQL,
        "append_v1",
        "finished_event_v1",
        "cap_refusal_v1",
        "hold_v1",
        "budget_error_v1",
        "wait_v1",
        "begin_v1",
        "fundable_v1",
        "suspect_v1",
        "next_v1",
        "uncount_v1",
        "settle_v1",
        "resolve_v1",
        "step_v1",
        "emit_v1",
        "recovered_v1",
        "finish_v1",
        "end_v1",
        "doubt_v1",
        "take_back_v1",
        "abandon_v1",
        "poison_v1",
        "claim_v1",
        "sweep_v1",
        "hand_back_v1",
    )
