"""A run knows which span of which trace submitted it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("runs", "0015_webhooks")]

    operations = [
        migrations.AddField(
            model_name="run",
            name="traceparent",
            field=models.CharField(
                db_default="",
                help_text="The span that submitted it, for tracing; or empty",
                max_length=55,
            ),
        ),
    ]
