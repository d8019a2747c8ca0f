from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_deletion")]

    operations = [
        migrations.AlterField(
            model_name="auditentry",
            name="via",
            field=models.CharField(
                choices=[
                    ("browser", "browser"),
                    ("token", "API token"),
                    ("jwt", "JWT"),
                    ("command", "command line"),
                    ("site", "the site itself"),
                ],
                max_length=10,
            ),
        ),
    ]
