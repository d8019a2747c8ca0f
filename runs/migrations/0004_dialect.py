"""What refusals taught about models."""

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("runs", "0003_status_trigger")]

    operations = [
        migrations.CreateModel(
            name="Dialect",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("provider", models.CharField(max_length=300)),
                ("model", models.CharField(max_length=200)),
                ("rule", models.CharField(max_length=60)),
                ("tokens", models.BigIntegerField(null=True)),
                ("words", models.TextField(blank=True, db_default="")),
                ("learnt_at", models.DateTimeField(db_default=Now())),
            ],
            options={
                "ordering": ["provider", "model", "rule"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("provider", "model", "rule"), name="dialect_unique"
                    )
                ],
            },
        ),
    ]
