from pathlib import Path

from django.db import migrations

from billing.sql import create_functions

SQL = Path(__file__).parents[1] / "sql"


class Migration(migrations.Migration):
    dependencies = [("runs", "0003_indexes"), ("billing", "0004_sums_of_runs")]
    operations = create_functions(SQL)
