from pathlib import Path

from django.db import migrations

from billing.sql import create_functions

SQL = Path(__file__).parents[1] / "sql"


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]
    operations = [
        *create_functions(SQL),
        migrations.RunSQL((SQL / "ledger_is_append_only.sql").read_text()),
    ]
