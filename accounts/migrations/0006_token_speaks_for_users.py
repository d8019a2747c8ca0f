from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_limits_and_rotation")]

    operations = [
        migrations.AddField(
            model_name="apitoken",
            name="speaks_for_users",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Of a chat site: its requests under /v1/ may name the user whom they are for.",
            ),
        )
    ]
