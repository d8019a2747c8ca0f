from pathlib import Path

from django.db import migrations

from billing.sql import create_functions

SQL = Path(__file__).parents[1] / "sql"


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]
    operations = create_functions(SQL, "hold_v1", "charge_v1", "settle_v1", "ledger_is_append_only")
