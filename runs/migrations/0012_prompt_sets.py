import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import web.ids


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_address_is_normal"),
        ("runs", "0011_fork"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="prompt_set",
            field=models.CharField(
                help_text="The name@number whose prompts are in its config",
                max_length=100,
                null=True,
            ),
        ),
        migrations.CreateModel(
            name="PromptSet",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=web.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                (
                    "pattern",
                    models.CharField(blank=True, help_text="Empty: for any pattern", max_length=40),
                ),
                (
                    "latest",
                    models.PositiveIntegerField(help_text="The number of its newest version"),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "changed_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="PromptSetVersion",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=web.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("custom_instructions", models.TextField(blank=True)),
                ("goals", models.JSONField(default=list)),
                ("prompts", models.JSONField(default=dict)),
                ("note", models.CharField(blank=True, max_length=200)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "prompt_set",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="runs.promptset",
                    ),
                ),
            ],
            options={
                "ordering": ["-number"],
            },
        ),
        migrations.AddField(
            model_name="run",
            name="prompt_version",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="runs",
                to="runs.promptsetversion",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("prompt_version__isnull", False)),
                fields=["prompt_version"],
                name="run_prompts",
            ),
        ),
        migrations.AddConstraint(
            model_name="promptset",
            constraint=models.UniqueConstraint(fields=("owner", "name"), name="prompt_set_name"),
        ),
        migrations.AddConstraint(
            model_name="promptsetversion",
            constraint=models.UniqueConstraint(
                fields=("prompt_set", "number"), name="prompt_set_number"
            ),
        ),
    ]
