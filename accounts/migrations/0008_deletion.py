from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_security")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="deleted_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="user",
            name="erased_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="Deleted, and nothing is left but the bill",
                null=True,
            ),
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", False), ("erased_at", None)),
                fields=["deleted_at"],
                name="user_to_erase",
            ),
        ),
    ]
